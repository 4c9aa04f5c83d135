"""LAMB: Adam whose step is as long as its layer's weights are large."""

from __future__ import annotations

from typing import Any

from catenary.expr import norm, sqrt, where
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class LAMBHyper(Hyper):
    lr: float = hyper(default=1e-3, ge=0)
    betas: tuple[float, float] = hyper(default=(0.9, 0.999), ge=0, lt=1)
    eps: float = hyper(default=1e-6, ge=0, unit="L/p")
    weight_decay: float = hyper(default=0.01, ge=0, unit="1/p")
    maximize: bool = hyper(default=False, kw_only=True)


class LAMBRule(LAMBHyper, FormulaRule):
    """Adam's direction with decay, scaled to the norm of the tensor's weights.

        m ← m + (1 − β₁)(g − m)
        v ← β₂ v + (1 − β₂) g²
        d = m / (1 − β₁ᵗ) / (√(v / (1 − β₂ᵗ)) + ε) + weight_decay · p
        p ← p − lr · ‖p‖ / ‖d‖ · d                  (ratio 1 where ‖p‖ or ‖d‖ is 0)

    Shapes: p, g, m and v share one shape; any shape, empty included. Norms go over one tensor.
    Units:  g and m [L/p], v [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate: the step's share of ‖p‖, no unit, at least 0.
        betas: Shares of m and of v kept at each step, no unit, in [0, 1).
        eps: Floor of the denominator, [L/p], at least 0.
        weight_decay: Decay inside the scaled step, [1/p], at least 0.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: You et al., Large batch optimization for deep learning (2020), algorithm 2, φ(z) = z.
    Differs: apex's FusedLAMB also clips the gradient's norm over the model to 1; here that is a
        hook, ``opt.add_hook(GradientClipping(1.0))``.
    """

    exp_avg = slot(0.0)
    exp_avg_sq = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, exp_avg: Any, exp_avg_sq: Any, h: Any) -> Any:
        beta1, beta2 = h.betas
        if h.maximize:
            g = -g
        exp_avg = exp_avg + (1 - beta1) * (g - exp_avg)
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g
        denominator = sqrt(exp_avg_sq / (1 - beta2**h.t)) + h.eps
        direction = exp_avg / (1 - beta1**h.t) / denominator + h.weight_decay * p
        of_weights, of_step = norm(p), norm(direction)
        ratio = where((of_weights > 0) & (of_step > 0), of_weights / of_step, 1)
        return p - h.lr * ratio * direction, exp_avg, exp_avg_sq


class LAMB(LAMBHyper, Optimizer):
    """LAMB (You et al. 2020), fused: :class:`LAMBRule` for every parameter."""

    rule = LAMBRule
