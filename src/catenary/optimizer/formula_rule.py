"""Rules written once, as a formula."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import torch

from catenary.backends.memory import array_of
from catenary.errors import HyperparameterError, TraceError
from catenary.expr import Formula, Scope, check_formula, show, trace
from catenary.expr.node import Node, tensor
from catenary.expr.node import hyper as hyper_node
from catenary.kernel import Kind, schedule
from catenary.optimizer.alone import run_alone
from catenary.optimizer.declare import Derived
from catenary.optimizer.declared_rule import DeclaredRule, state_tensor

__all__ = ["FormulaRule", "trace_rule"]


class FormulaRule(DeclaredRule):
    """A rule that says how one element changes; everything else follows from that.

    A subclass declares hyperparameters with :func:`hyper`, state arrays with :func:`slot`, and
    writes ``step(p, g, <slots>, h)``, a static method that returns the new value of p and of each
    slot, in this order. ``h.name`` is a hyperparameter, ``h.t`` the number of this update (from 1),
    or any property of the rule that is a number. Flags (bool hyperparameters) are known while
    tracing, so `step` may branch on them; on tensors it cannot. A slot may be one number for all
    elements (``slot(scalar=True)``): what `step` returns for it is computed on the host.

    Arithmetic is float32 for 16-bit and 32-bit parameters and float64 for float64; what depends on
    hyperparameters alone is computed in float64 and rounded once.

    Example:
        >>> from catenary.optimizer import FormulaRule, hyper, slot
        >>> class HeavyBallRule(FormulaRule):
        ...     lr: float = hyper(default=0.01, ge=0)
        ...     beta: float = hyper(default=0.9, ge=0, le=1)
        ...     v = slot(0.0)
        ...     @staticmethod
        ...     def step(p, g, v, h):
        ...         v = h.beta * v + g
        ...         return p - h.lr * v, v
        >>> HeavyBallRule(lr=0.5).lr
        0.5
    """

    _keeps_narrow_states = True

    @classmethod
    def _check_step(cls) -> None:
        super()._check_step()
        trace_rule(cls, cls._default_switches(), tensor("g"), "")

    @classmethod
    def _default_switches(cls, **given: bool) -> tuple[tuple[str, bool], ...]:
        return tuple((n, given.get(n, bool(cls.specs[n].default))) for n in cls._switches())

    @classmethod
    def formula(cls, **flags: bool) -> str:
        """Return the rule as mathematics, spelled from the code that runs.

        Args:
            **flags: Values of flags other than their defaults.

        Example:
            >>> from catenary.optimizers.momentum_sgd import MomentumSGDRule
            >>> print(MomentumSGDRule.formula())
            v ← μ v − lr g
            p ← p + v
        """
        return show(trace_rule(cls, cls._default_switches(**flags), tensor("g"), ""))

    def lay_out(self, param: Any) -> None:
        """Let the state arrays lie in memory as the parameter does, whose layout may have changed.

        One kernel walks them all by address.
        """
        assert self.state is not None
        strides = param.tensor.stride()
        for declared in self.active_slots().values():
            held = state_tensor(self, declared.key, param)
            if held.stride() != strides:
                laid = torch.empty_strided(held.shape, strides, dtype=held.dtype)
                laid = laid.to(held.device).copy_(held)
                self.state[declared.key] = array_of(laid)

    def update_core_cpu(self, param: Any) -> None:
        """Run the formula on `param` alone; a parameter without gradient stays as it is."""
        if not param.is_initialized or param.tensor.grad is None:
            return
        self.check_hyperparameters(param.tensor.dtype)
        formula = trace_rule(type(self), self.flags, tensor("g"), "rule.")
        names = [name.removeprefix("rule.") for name in schedule(formula).program.hypers]
        values = {f"rule.{n}": v for n, v in self.values((*names, "t")).items()}
        # Of a 16-bit parameter, what stands here for it is stored by `update`; its states are not.
        kind: Kind = "stochastic" if self._storage == "stochastic" else "plain"
        (numbers,) = run_alone(self, [param], formula, values, self._columns, kind, self._row_key)
        self._clock.numbers.update(numbers)

    update_core_gpu = update_core_cpu

    def _columns(self, param: Any) -> dict[str, list[torch.Tensor]]:
        columns = {"p": [param.tensor]}
        for name, declared in self.active_slots().items():
            columns[name] = [state_tensor(self, declared.key, param)]
        return columns

    def values(self, names: tuple[str, ...]) -> Mapping[str, float]:
        """Return what the program's names stand for in this update.

        Raises:
            HyperparameterError: If a property that the formula uses is no number.
        """
        found = {}
        for name in names:
            base, bracket, place = name.partition("[")
            value = self.value(base)
            try:
                found[name] = float(value[int(place[:-1])] if bracket else value)
            except (TypeError, ValueError):
                raise HyperparameterError(
                    f"h.{name} of {type(self).__name__} is {value!r}; a formula needs a number."
                ) from None
        return found


def trace_rule(
    kind: Any,
    flags: tuple[tuple[str, bool], ...],
    g: Node,
    prefix: str,
    shared: tuple[Node, ...] = (),
) -> Formula:
    """Return the formula of a rule whose gradient is the node `g`.

    Args:
        kind: The rule.
        flags: Its flags with their values.
        g: What stands for the gradient: the tensor, or what hooks made of it.
        prefix: Put before the names of the rule's hyperparameters.
        shared: The norms over the model that `g` uses.
    """
    return _traced(kind, flags, g, prefix, shared)


@functools.lru_cache(maxsize=1024)
def _traced(
    kind: Any, flags: tuple[tuple[str, bool], ...], g: Node, prefix: str, shared: tuple[Node, ...]
) -> Formula:
    switched = dict(flags)
    compiled_in = {name: on for name, on in flags if kind.specs[name].flag}
    sizes = {name: spec.size for name, spec in kind.specs.items() if spec.size is not None}
    names = {name for name in (*kind.specs, "t") if name not in compiled_in}
    names |= {name for name in dir(kind) if isinstance(getattr(kind, name, None), property)}
    names |= {n for n in dir(kind) if isinstance(getattr(kind, n, None), (int, float))}
    tensors: dict[str, Node | None] = {"p": tensor("p"), "g": g}
    for name, declared in kind.slots.items():
        there = declared.when is None or switched[declared.when]
        held = hyper_node(prefix + name) if declared.scalar else tensor(name)
        tensors[name] = held if there else None
    derivations = {name: getattr(kind, name, None) for name in dir(kind)}
    formulas = {n: d.formula for n, d in derivations.items() if isinstance(d, Derived)}
    scope = Scope(frozenset(names), compiled_in, prefix, sizes, formulas)
    results = trace(kind.step, tensors, scope, 1 + len(kind.slots))
    written = zip(("p", *kind.slots), results, strict=True)
    renewed = [(name, value) for name, value in written if value is not None]
    numbers = {name for name, declared in kind.slots.items() if declared.scalar}
    unwanted = [name for name, _ in renewed if tensors[name] is None]
    if unwanted:
        raise TraceError(
            f"{kind.__name__}.step returns a value for {unwanted[0]!r}, which is None while "
            "its flag is "
            f"off."
        )
    outputs = tuple(output for output in renewed if output[0] not in numbers)
    host = tuple(output for output in renewed if output[0] in numbers)
    return check_formula(Formula(outputs, shared, host))
