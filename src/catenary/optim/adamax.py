"""Adamax in torch's words."""

from __future__ import annotations

from typing import Any

from catenary.expr import maximum
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class AdamaxHyper(Hyper):
    lr: float = hyper(default=2e-3, ge=0, unit="p")
    betas: tuple[float, float] = hyper(default=(0.9, 0.999), ge=0, lt=1)
    eps: float = hyper(default=1e-8, ge=0, unit="L/p")
    weight_decay: float = hyper(default=0.0, ge=0, unit="L/p²")
    maximize: bool = hyper(default=False, kw_only=True)


class AdamaxRule(AdamaxHyper, FormulaRule):
    """Adam with the largest recent gradient as its measure.

        g ← g + weight_decay · p
        m ← m + (1 − β₁)(g − m)
        u ← max(β₂ u, |g| + ε)
        p ← p − lr / (1 − β₁ᵗ) · m / u

    Shapes: p, g, m and u share one shape; any shape, empty included.
    Units:  g, m and u [L/p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0.
        betas: Shares of m and of u kept at each step, no unit, in [0, 1).
        eps: Added to |g|, [L/p], at least 0.
        weight_decay: Decay through the gradient, [L/p²], at least 0.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Kingma and Ba (2015), section 7.1.
    Differs: nothing from torch.optim.Adamax. The paper has no ε.
    """

    exp_avg = slot(0.0)
    exp_inf = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, exp_avg: Any, exp_inf: Any, h: Any) -> Any:
        beta1, beta2 = h.betas
        if h.maximize:
            g = -g
        g = g + h.weight_decay * p
        exp_avg = exp_avg + (1 - beta1) * (g - exp_avg)
        exp_inf = maximum(beta2 * exp_inf, abs(g) + h.eps)
        rate = h.lr / (1 - beta1**h.t)
        return p - rate * (exp_avg / exp_inf), exp_avg, exp_inf


class Adamax(AdamaxHyper, Optimizer):
    """``torch.optim.Adamax``, fused: :class:`AdamaxRule` for every parameter."""

    rule = AdamaxRule
