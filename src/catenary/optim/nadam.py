"""NAdam in torch's words."""

from __future__ import annotations

from typing import Any

from catenary.expr import sqrt
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class NAdamHyper(Hyper):
    lr: float = hyper(default=2e-3, ge=0, unit="p")
    betas: tuple[float, float] = hyper(default=(0.9, 0.999), ge=0, lt=1)
    eps: float = hyper(default=1e-8, ge=0, unit="L/p")
    weight_decay: float = hyper(default=0.0, ge=0)
    momentum_decay: float = hyper(default=4e-3, ge=0)
    decoupled_weight_decay: bool = hyper(default=False)
    maximize: bool = hyper(default=False, kw_only=True)


class NAdamRule(NAdamHyper, FormulaRule):
    """Adam with Nesterov's look ahead, its momentum warmed up.

        g ← g + weight_decay · p                     (decoupled: p ← (1 − lr · weight_decay) p)
        μₜ = β₁ (1 − ½ · 0.96^(t · momentum_decay)),  M ← M μₜ
        m ← m + (1 − β₁)(g − m)
        v ← β₂ v + (1 − β₂) g²
        p ← p − lr ((1 − μₜ) / (1 − M) · g + μₜ₊₁ / (1 − M μₜ₊₁) · m) / (√(v / (1 − β₂ᵗ)) + ε)

    Shapes: p, g, m and v share one shape; any shape, empty included. M is one number.
    Units:  g and m [L/p], v [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0.
        betas: Shares of m and of v kept at each step, no unit, in [0, 1).
        eps: Floor of the denominator, [L/p], at least 0.
        weight_decay: Through the gradient [L/p²], or decoupled [1/p]; at least 0.
        momentum_decay: How fast the momentum warms up, no unit, at least 0.
        decoupled_weight_decay: Whether the decay passes by m and v.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Dozat, Incorporating Nesterov momentum into Adam (2016).
    Differs: M is kept in float64, in torch.optim.NAdam in torch's default dtype.
    """

    mu_product = slot(1.0, scalar=True)
    exp_avg = slot(0.0)
    exp_avg_sq = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, mu_product: Any, exp_avg: Any, exp_avg_sq: Any, h: Any) -> Any:
        beta1, beta2 = h.betas
        if h.maximize:
            g = -g
        if h.decoupled_weight_decay:
            p = p * (1 - h.lr * h.weight_decay)
        else:
            g = g + h.weight_decay * p
        mu = beta1 * (1 - 0.5 * 0.96 ** (h.t * h.momentum_decay))
        ahead = beta1 * (1 - 0.5 * 0.96 ** ((h.t + 1) * h.momentum_decay))
        mu_product = mu_product * mu
        exp_avg = exp_avg + (1 - beta1) * (g - exp_avg)
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g
        denominator = sqrt(exp_avg_sq / (1 - beta2**h.t)) + h.eps
        of_gradient = h.lr * (1 - mu) / (1 - mu_product)
        of_mean = h.lr * ahead / (1 - mu_product * ahead)
        p = p - of_gradient * (g / denominator) - of_mean * (exp_avg / denominator)
        return p, mu_product, exp_avg, exp_avg_sq


class NAdam(NAdamHyper, Optimizer):
    """``torch.optim.NAdam``, fused: :class:`NAdamRule` for every parameter."""

    rule = NAdamRule
