"""Adadelta in torch's words."""

from __future__ import annotations

from typing import Any

from catenary.expr import sqrt
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class AdadeltaHyper(Hyper):
    lr: float = hyper(default=1.0, ge=0, unit="p²/L")
    rho: float = hyper(default=0.9, ge=0, le=1)
    eps: float = hyper(default=1e-6, ge=0, unit="L²/p²")
    weight_decay: float = hyper(default=0.0, ge=0, unit="L/p²")
    maximize: bool = hyper(default=False, kw_only=True)


class AdadeltaRule(AdadeltaHyper, FormulaRule):
    """Scale each gradient by the sizes of past steps over the sizes of past gradients.

        g ← g + weight_decay · p
        v ← ρ v + (1 − ρ) g²
        d = √(u + ε) / √(v + ε) · g
        u ← ρ u + (1 − ρ) d²
        p ← p − lr · d

    Shapes: p, g, v and u share one shape; any shape, empty included.
    Units:  g [L/p], v and u [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p²/L], at least 0.
        rho: Share of u and v kept at each step, no unit, in [0, 1].
        eps: Added under both roots, [L²/p²], at least 0.
        weight_decay: Decay through the gradient, [L/p²], at least 0.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Zeiler, ADADELTA: an adaptive learning rate method (2012).
    Differs: nothing from torch.optim.Adadelta. The paper has no learning rate: its u is a square of
        steps, so that with ε under both roots no units hold.
    """

    square_avg = slot(0.0)
    acc_delta = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, square_avg: Any, acc_delta: Any, h: Any) -> Any:
        if h.maximize:
            g = -g
        g = g + h.weight_decay * p
        square_avg = h.rho * square_avg + (1 - h.rho) * g * g
        delta = sqrt(acc_delta + h.eps) / sqrt(square_avg + h.eps) * g
        acc_delta = h.rho * acc_delta + (1 - h.rho) * delta * delta
        return p - h.lr * delta, square_avg, acc_delta


class Adadelta(AdadeltaHyper, Optimizer):
    """``torch.optim.Adadelta``, fused: :class:`AdadeltaRule` for every parameter."""

    rule = AdadeltaRule
