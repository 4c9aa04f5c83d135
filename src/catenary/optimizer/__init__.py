"""The optimizer machinery: hyperparameters, rules, hooks, loss scale, plan, optimizers.

It knows what an update is and when it happens, and neither models nor formulas: a target is
    whatever
offers the protocol of `target.py`, and formulas live in `optimizers`, `optimizer_hooks` and
`optim`, which build on this room. It calls `kernel` and `expr`.
"""

from typing import Any

from catenary.optimizer.declare import Hyper, hyper, slot
from catenary.optimizer.formula_hook import FormulaHook
from catenary.optimizer.formula_rule import FormulaRule
from catenary.optimizer.gradient_method import GradientMethod
from catenary.optimizer.hyperparameter import Hyperparameter, HyperparameterProxy
from catenary.optimizer.matrix_rule import MatrixRule
from catenary.optimizer.optimizer import Optimizer
from catenary.optimizer.update_rule import UpdateRule

__all__ = [
    "FormulaHook",
    "FormulaRule",
    "GradientMethod",
    "Hyper",
    "Hyperparameter",
    "HyperparameterProxy",
    "MatrixRule",
    "Optimizer",
    "UpdateRule",
    "hyper",
    "slot",
]

_MOVED = ("GradientClipping", "GradientHardClipping", "GradientLARS", "GradientNoise", "Lasso",
          "WeightDecay")  # fmt: skip


def __getattr__(name: str) -> Any:
    """Find the hooks where Chainer kept them before version 4, with its DeprecationWarning."""
    if name not in _MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib
    import warnings

    warnings.warn(
        f"catenary.optimizer.{name} is deprecated; use catenary.optimizer_hooks.{name}.",
        DeprecationWarning,
        stacklevel=2,
    )
    # Named, not imported: the hooks build on this room, not the reverse.
    return getattr(importlib.import_module("catenary.optimizer_hooks"), name)
