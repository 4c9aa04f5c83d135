"""RAdam in torch's words."""

from __future__ import annotations

from typing import Any

from catenary.expr import sqrt, where
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class RAdamHyper(Hyper):
    lr: float = hyper(default=1e-3, ge=0)
    betas: tuple[float, float] = hyper(default=(0.9, 0.999), ge=0, lt=1)
    eps: float = hyper(default=1e-8, ge=0)
    weight_decay: float = hyper(default=0.0, ge=0)
    decoupled_weight_decay: bool = hyper(default=False)
    maximize: bool = hyper(default=False, kw_only=True)


class RAdamRule(RAdamHyper, FormulaRule):
    """Adam that divides by √v only once v has seen enough gradients to be trusted.

        g ← g + weight_decay · p                     (decoupled: p ← (1 − lr · weight_decay) p)
        m ← m + (1 − β₁)(g − m)
        v ← β₂ v + (1 − β₂) g²
        ρ∞ = 2 / (1 − β₂) − 1,   ρ = ρ∞ − 2 t β₂ᵗ / (1 − β₂ᵗ)
        r = √((ρ − 4)(ρ − 2) ρ∞ / ((ρ∞ − 4)(ρ∞ − 2) ρ))
        p ← p − lr / (1 − β₁ᵗ) · m · r √(1 − β₂ᵗ) / (√v + ε)          where ρ > 5
        p ← p − lr / (1 − β₁ᵗ) · m                                    elsewhere

    Shapes: p, g, m and v share one shape; any shape, empty included.
    Units:  none hold: the first steps are proportional to the gradient, later ones are not.

    Args:
        lr: Learning rate, at least 0.
        betas: Shares of m and of v kept at each step, no unit, in [0, 1).
        eps: Floor of the denominator, at least 0.
        weight_decay: Through the gradient, or decoupled; at least 0.
        decoupled_weight_decay: Whether the decay passes by m and v.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Liu et al., On the variance of the adaptive learning rate and beyond (2020).
    Differs: nothing from torch.optim.RAdam. The paper's algorithm begins to divide at ρ > 4 and
        has no ε.
    """

    inhomogeneous = "steps before ρ > 5 are proportional to the gradient, later ones are not"

    exp_avg = slot(0.0)
    exp_avg_sq = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, exp_avg: Any, exp_avg_sq: Any, h: Any) -> Any:
        beta1, beta2 = h.betas
        if h.maximize:
            g = -g
        if h.decoupled_weight_decay:
            p = p * (1 - h.lr * h.weight_decay)
        else:
            g = g + h.weight_decay * p
        exp_avg = exp_avg + (1 - beta1) * (g - exp_avg)
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g
        seen = 1 - beta2**h.t
        longest = 2 / (1 - beta2) - 1
        length = longest - 2 * h.t * beta2**h.t / seen
        rectified = sqrt(
            (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
        )
        scale = rectified * sqrt(seen) / (sqrt(exp_avg_sq) + h.eps)
        rate = h.lr / (1 - beta1**h.t)
        p = p - rate * exp_avg * where(length > 5, scale, 1)
        return p, exp_avg, exp_avg_sq


class RAdam(RAdamHyper, Optimizer):
    """``torch.optim.RAdam``, fused: :class:`RAdamRule` for every parameter."""

    rule = RAdamRule
