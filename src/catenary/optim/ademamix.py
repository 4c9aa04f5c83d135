"""AdEMAMix: Adam with a second, far slower mean of gradients."""

from __future__ import annotations

from typing import Any

from catenary.expr import exp, log, sqrt, where
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class AdEMAMixHyper(Hyper):
    lr: float = hyper(default=1e-3, ge=0, unit="p")
    betas: tuple[float, float, float] = hyper(default=(0.9, 0.999, 0.9999), ge=0, lt=1)
    alpha: float = hyper(default=2.0, ge=0)
    beta3_warmup: float = hyper(default=0.0, ge=0)
    alpha_warmup: float = hyper(default=0.0, ge=0)
    eps: float = hyper(default=1e-8, ge=0, unit="L/p")
    weight_decay: float = hyper(default=0.0, ge=0, unit="1/p")
    maximize: bool = hyper(default=False, kw_only=True)


class AdEMAMixRule(AdEMAMixHyper, FormulaRule):
    """Adam's step with α times a slow mean added to its fast one.

        m₁ ← β₁ m₁ + (1 − β₁) g
        m₂ ← β₃(t) m₂ + (1 − β₃(t)) g
        v ← β₂ v + (1 − β₂) g²
        d = (m₁ / (1 − β₁ᵗ) + α(t) m₂) / (√v / √(1 − β₂ᵗ) + ε) + weight_decay · p
        p ← p − lr · d

    α(t) grows from 0 to α in a line over `alpha_warmup` steps; the half-life of m₂ grows from β₁'s
    to β₃'s in a line over `beta3_warmup` steps, so that
    1 / ln β₃(t) = (1 − s) / ln β₁ + s / ln β₃ with s = t / beta3_warmup.

    Shapes: p, g, m₁, m₂ and v share one shape; any shape, empty included.
    Units:  g, m₁ and m₂ [L/p], v [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0.
        betas: Shares of m₁, v and m₂ kept at each step, no unit, in [0, 1).
        alpha: Weight of m₂, no unit, at least 0; the paper uses 4 to 10.
        beta3_warmup: Steps over which m₂ slows down, at least 0; 0: none.
        alpha_warmup: Steps over which α grows, at least 0; 0: none. The paper sets both to the
            length of the training.
        eps: Floor of the denominator, [L/p], at least 0.
        weight_decay: Decoupled decay, [1/p], at least 0.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Pagliardini, Ablin and Grangier, The AdEMAMix optimizer (2024); names, order and
        defaults are the authors'.
    Differs: no warmup is 0 here, None in the authors' code, which also adds 1e-8 to β before it
        takes logarithms.
    """

    exp_avg_fast = slot(0.0)
    exp_avg_slow = slot(0.0)
    exp_avg_sq = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, exp_avg_fast: Any, exp_avg_slow: Any, exp_avg_sq: Any, h: Any) -> Any:
        beta1, beta2, beta3 = h.betas
        if h.maximize:
            g = -g
        done = h.t / h.beta3_warmup
        slowing = exp(1 / ((1 - done) / log(beta1) + done / log(beta3)))
        beta3 = where(h.t < h.beta3_warmup, slowing, beta3)
        alpha = h.alpha * where(h.t < h.alpha_warmup, h.t / h.alpha_warmup, 1)
        exp_avg_fast = beta1 * exp_avg_fast + (1 - beta1) * g
        exp_avg_slow = beta3 * exp_avg_slow + (1 - beta3) * g
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g
        denominator = sqrt(exp_avg_sq) / sqrt(1 - beta2**h.t) + h.eps
        mean = exp_avg_fast / (1 - beta1**h.t) + alpha * exp_avg_slow
        p = p * (1 - h.lr * h.weight_decay) - h.lr * (mean / denominator)
        return p, exp_avg_fast, exp_avg_slow, exp_avg_sq


class AdEMAMix(AdEMAMixHyper, Optimizer):
    """AdEMAMix (Pagliardini et al. 2024), fused: :class:`AdEMAMixRule` for every parameter."""

    rule = AdEMAMixRule
