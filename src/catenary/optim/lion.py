"""Lion: steps of one size, along the sign of a mean of gradients."""

from __future__ import annotations

from typing import Any

from catenary.expr import sign
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class LionHyper(Hyper):
    lr: float = hyper(default=1e-4, ge=0, unit="p")
    betas: tuple[float, float] = hyper(default=(0.9, 0.99), ge=0, lt=1)
    weight_decay: float = hyper(default=0.0, ge=0, unit="1/p")
    maximize: bool = hyper(default=False, kw_only=True)


class LionRule(LionHyper, FormulaRule):
    """Step by the sign of a mean of gradients; one state array.

        c = β₁ m + (1 − β₁) g
        p ← (1 − lr · weight_decay) p − lr · sign(c)
        m ← β₂ m + (1 − β₂) g

    Shapes: p, g and m share one shape; any shape, empty included.
    Units:  g and m [L/p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Length of the step, [p], at least 0; usually 3 to 10 times smaller than for AdamW.
        betas: Shares of m in the step and of m kept, no unit, in [0, 1).
        weight_decay: Decoupled decay, [1/p], at least 0; usually 3 to 10 times larger than for
            AdamW.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Chen et al., Symbolic discovery of optimization algorithms (2023), algorithm 2; names
        and defaults are the authors'.
    """

    exp_avg = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, exp_avg: Any, h: Any) -> Any:
        beta1, beta2 = h.betas
        if h.maximize:
            g = -g
        direction = sign(beta1 * exp_avg + (1 - beta1) * g)
        exp_avg = beta2 * exp_avg + (1 - beta2) * g
        return p * (1 - h.lr * h.weight_decay) - h.lr * direction, exp_avg


class Lion(LionHyper, Optimizer):
    """Lion (Chen et al. 2023), fused: :class:`LionRule` for every parameter."""

    rule = LionRule
