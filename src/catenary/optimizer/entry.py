"""One parameter as a step sees it: does its rule run in a bucket, and if not, why?"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import torch

from catenary.errors import GradientError
from catenary.kernel import is_dense
from catenary.optimizer.formula_hook import FormulaHook
from catenary.optimizer.formula_rule import FormulaRule
from catenary.optimizer.matrix_rule import MatrixRule
from catenary.optimizer.update_rule import UpdateRule

__all__ = ["Entry", "check_fit", "check_gradient", "joins_kernel", "make_entry", "row_key"]


@dataclass
class Entry:
    """One initialised parameter of the target.

    Attributes:
        path: Its path, such as ``/l1/W``.
        param: The parameter.
        rule: Its rule if it takes part in updates; None if it has none or is not enabled.
        fell_out: Why the rule runs on its own; None if it runs in a bucket.
        hooks: The rule's own hooks, where they join the kernel.
    """

    path: str
    param: Any
    rule: Any
    fell_out: str | None = None
    hooks: tuple[FormulaHook, ...] = ()

    @property
    def in_bucket(self) -> bool:
        """Whether the rule runs in a bucket."""
        return self.rule is not None and self.fell_out is None

    @property
    def widens_gradient(self) -> bool:
        """Whether the rule runs on its own, and divides the gradient by its scale in float32."""
        rule = self.rule
        return (
            rule is not None
            and self.fell_out is not None
            and rule._storage_of(self.param) != "plain"
            and getattr(type(rule), "update", None) is UpdateRule.update
            and "update" not in {*vars(rule), *vars(self.param)}
        )

    @property
    def signature(self) -> tuple[torch.dtype, torch.device]:
        """What a torch module may change without telling."""
        held = self.param.tensor
        return held.dtype, held.device

    @property
    def program(self) -> tuple[object, ...]:
        """What decides the formula that runs over the parameter."""
        if not self.in_bucket:
            return (self.rule is None, self.widens_gradient)
        return (type(self.rule), self.rule.flags, *map(type, self.hooks))

    @property
    def storage(self) -> tuple[object, ...]:
        """What parameters of one bucket have in common beside their formula."""
        if not self.in_bucket:
            return self.signature
        state = self.rule.state or {}
        dtypes = tuple(_dtype_name(held) for held in state.values())
        # Kernels cannot walk memory with holes; a tensor that has some goes apart.
        dense = is_dense(self.param.tensor)
        return (*self.signature, dense, self.rule._storage_of(self.param), dtypes)


def _dtype_name(held: Any) -> str:
    """Return one name for NumPy's and torch's dtype: a state may be held as either."""
    return str(getattr(held, "dtype", None)).removeprefix("torch.")


def make_entry(path: str, param: Any, *, repeated: bool) -> Entry:
    """Return the entry of a parameter; `repeated` where the target holds it more than once."""
    rule = param.update_rule
    if rule is None or not rule.enabled:
        return Entry(path, param, None)
    reason = "the target holds it more than once" if repeated else _why_alone(param, rule)
    hooks = () if reason else tuple(hook for _, hook in rule._hookable.at("pre"))
    return Entry(path, param, rule, reason, hooks)


def row_key(path: str) -> int:
    """Return what random numbers of a parameter depend on: 24 bits of its name's checksum."""
    return zlib.crc32(path.encode()) & 0xFFFFFF


def joins_kernel(hook: Any) -> bool:
    """Return whether a hook is a formula that may run inside the rules' kernels."""
    return isinstance(hook, FormulaHook) and type(hook).__call__ is FormulaHook.__call__


def _why_alone(param: Any, rule: Any) -> str | None:
    """Return why a rule cannot run in a bucket; None if it can."""
    if isinstance(rule, MatrixRule):
        return f"{type(rule).__name__} computes with whole tensors; those of one shape run together"
    if not isinstance(rule, FormulaRule):
        return f"{type(rule).__name__} is written the classic way, not as a formula"
    for name in ("update", "update_core", "update_core_cpu", "update_core_gpu", "_call_core"):
        base = FormulaRule if name.startswith("update_core_") else UpdateRule
        if getattr(type(rule), name) is not getattr(base, name) or name in vars(rule):
            return f"{type(rule).__name__} overrides {name}"
    if any(True for _ in rule._hookable.at("post")):
        return "its rule has a post hook"
    for name, hook in rule._hookable.at("pre"):
        if not joins_kernel(hook):
            return f"its rule has the plain hook {name!r}"
    if "update" in vars(param):
        return "its `update` was replaced"
    return None


def check_gradient(entry: Entry) -> None:
    """Raise unless the parameter can be updated and its gradient fits it.

    Raises:
        GradientError: With the parameter's path.
    """
    held = entry.param.tensor
    if not held.dtype.is_floating_point:
        raise GradientError(
            f"parameter {entry.path} has dtype {held.dtype}; only real floating-point parameters "
            f"can be updated. Freeze it (update_rule.enabled = False), or keep it as a persistent "
            f"value."
        )
    if held.grad is not None and held.grad.is_sparse:
        raise GradientError(
            f"parameter {entry.path} has a sparse gradient; ask for a dense one (sparse=False)."
        )
    if entry.in_bucket and held.grad is not None:
        check_fit(entry)


def check_fit(entry: Entry) -> None:
    """Raise unless the gradient has the parameter's dtype and shape.

    Raises:
        GradientError: With the parameter's path.
    """
    held = entry.param.tensor
    if held.grad.dtype != held.dtype:
        raise GradientError(
            f"parameter {entry.path} has dtype {held.dtype} and a gradient of {held.grad.dtype}; "
            f"a kernel reads both alike. Set param.grad = param.grad.to(param.dtype) first."
        )
    if held.grad.shape != held.shape:
        raise GradientError(
            f"parameter {entry.path} has shape {tuple(held.shape)} and a gradient of shape "
            f"{tuple(held.grad.shape)}: the parameter was replaced after backward. Clear its "
            f"gradient, and run backward again."
        )
