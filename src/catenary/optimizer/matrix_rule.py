"""Rules that compute with whole tensors: matrix products, sums over rows."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import torch

from catenary.optimizer.declared_rule import DeclaredRule, state_tensor
from catenary.optimizer.spread import part_of, whole_of
from catenary.optimizer.update_rule import UpdateRule

__all__ = ["MatrixRule", "together", "update_together"]


class MatrixRule(DeclaredRule):
    r"""A rule whose step needs more than one element of a tensor.

    It is declared like a :class:`~catenary.optimizer.FormulaRule`, and its ``step(p, g, <slots>,
    h)`` returns the new p and slots too, but it computes with torch: p, g and the slots are stacks,
    shape (n, \*shape), of n parameters of one shape which are updated together; a slot that such a
    parameter does not have is None. ``h.name`` is a Python number, ``h.t`` the number of this
    update. It must not write into its arguments, and must not mix the parameters of a stack.

    Storage of 16 bits is computed in float32, and every stored array is rounded once.

    Example:
        >>> import torch
        >>> from catenary.optimizer import MatrixRule, hyper
        >>> class NormedRule(MatrixRule):
        ...     lr: float = hyper(default=0.1, ge=0)
        ...     @staticmethod
        ...     def step(p, g, h):
        ...         return p - h.lr * g / torch.linalg.matrix_norm(g, keepdim=True)
    """

    def update_core_cpu(self, param: Any) -> None:
        """Update `param` alone; a parameter without gradient stays as it is."""
        if param.is_initialized and param.tensor.grad is not None:
            self.check_hyperparameters(param.tensor.dtype)
            _run([(self, param)])

    update_core_gpu = update_core_cpu


def together(rules: Sequence[Any], params: Sequence[Any]) -> list[list[int]]:
    """Return the places of what is updated at once: parameters that agree in all but values.

    Whatever has hooks of its own goes alone.
    """
    found: dict[object, list[int]] = {}
    for place, (rule, param) in enumerate(zip(rules, params, strict=True)):
        key: object = place
        if _is_plain(rule):
            held = param.tensor
            words = tuple(rule.value(name) for name in rule.specs)
            kind = rule._storage_of(param)
            key = (type(rule), rule.t, words, tuple(param.shape), held.dtype, kind, held.device)
        found.setdefault(key, []).append(place)
    return list(found.values())


def _is_plain(rule: Any) -> bool:
    return (
        isinstance(rule, MatrixRule)
        and type(rule).update is UpdateRule.update
        and type(rule).update_core is UpdateRule.update_core
        and type(rule).update_core_cpu is MatrixRule.update_core_cpu
        and not any(True for timing in ("pre", "post") for _ in rule._hookable.at(timing))
    )


def update_together(rules: Sequence[MatrixRule], params: Sequence[Any]) -> None:
    """Update parameters that :func:`together` put together."""
    own = [rule._begin(param) for rule, param in zip(rules, params, strict=True)]
    _run(list(zip(rules, own, strict=True)))
    for rule, param, computed in zip(rules, params, own, strict=True):
        rule._end(param, computed)


def _run(pairs: list[tuple[MatrixRule, Any]]) -> None:
    rule, param = pairs[0]
    params = [own for _, own in pairs]
    shapes = rule.shapes(tuple(param.shape))
    slots = {name: d for name, d in rule.active_slots().items() if name in shapes}
    stored = {n: [state_tensor(r, d.key, p) for r, p in pairs] for n, d in slots.items()}
    with torch.no_grad():
        p = _stack(params, [own.tensor for own in params], param.shape)
        g = _stack(params, [own.tensor.grad for own in params], param.shape)
        given = [_stack(params, stored[n], shapes[n]) if n in stored else None for n in rule.slots]
        names = {n: rule.value(n) for n in rule.specs}
        results = rule.step(p, g, *given, SimpleNamespace(**names, t=rule.t))
        new = results if isinstance(results, tuple) else (results,)
        _store(params, [own.tensor for own in params], new[0])
        for name, value in zip(rule.slots, new[1:], strict=True):
            if name in stored:
                _store(params, stored[name], value)


def _stack(params: list[Any], tensors: list[torch.Tensor], shape: tuple[int, ...]) -> torch.Tensor:
    wide = torch.float64 if tensors[0].dtype == torch.float64 else torch.float32
    pairs = zip(params, tensors, strict=True)
    return torch.stack([whole_of(param, held.data, shape).to(wide) for param, held in pairs])


def _store(params: list[Any], into: list[torch.Tensor], values: torch.Tensor) -> None:
    for param, held, value in zip(params, into, values, strict=True):
        held.data.copy_(part_of(param, value))
