"""Adagrad in torch's words."""

from __future__ import annotations

from typing import Any

from catenary.expr import sqrt
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class AdagradHyper(Hyper):
    lr: float = hyper(default=1e-2, ge=0, unit="p")
    lr_decay: float = hyper(default=0.0, ge=0)
    weight_decay: float = hyper(default=0.0, ge=0, unit="L/p²")
    initial_accumulator_value: float = hyper(default=0.0, ge=0, unit="L²/p²")
    eps: float = hyper(default=1e-10, ge=0, unit="L/p")
    maximize: bool = hyper(default=False, kw_only=True)


class AdagradRule(AdagradHyper, FormulaRule):
    """Divide by the root of all squared gradients so far.

        g ← g + weight_decay · p
        s ← s + g²                                  (s = initial_accumulator_value at first)
        p ← p − lr / (1 + (t − 1) lr_decay) · g / (√s + ε)

    Shapes: p, g and s share one shape; any shape, empty included.
    Units:  g [L/p], s [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0.
        lr_decay: How fast the rate falls with t, no unit, at least 0.
        weight_decay: Decay through the gradient, [L/p²], at least 0.
        initial_accumulator_value: What s begins with, [L²/p²], at least 0.
        eps: Floor of the denominator, [L/p], at least 0.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Duchi, Hazan and Singer (2011).
    Differs: nothing from torch.optim.Adagrad.
    """

    sum = slot("initial_accumulator_value")

    @staticmethod
    def step(p: Any, g: Any, sum: Any, h: Any) -> Any:
        if h.maximize:
            g = -g
        g = g + h.weight_decay * p
        sum = sum + g * g
        rate = h.lr / (1 + (h.t - 1) * h.lr_decay)
        return p - rate * (g / (sqrt(sum) + h.eps)), sum


class Adagrad(AdagradHyper, Optimizer):
    """``torch.optim.Adagrad``, fused: :class:`AdagradRule` for every parameter.

    As in torch, a parameter has its state from the moment it is given to the optimizer.
    """

    rule = AdagradRule

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add tensors with hyperparameters of their own, and make their state.

        Args:
            param_group: ``{"params": tensors or (name, tensor) pairs, ...}``; what it does not name
                has the optimizer's value.

        Raises:
            WrongWordError: If a word is Chainer's, or looks like a misspelled one of ours.
            HyperparameterError: If a value is no number or lies outside its range.
        """
        super().add_param_group(param_group)
        try:
            self._follow()
        except BaseException:
            del self.param_groups[-1]
            raise
        for tensor in self.param_groups[-1]["params"]:
            param = self._view.of(tensor)
            if param is not None and param.is_initialized:
                param.update_rule._ensure_state(param)
