"""RMSprop in torch's words."""

from __future__ import annotations

from typing import Any

from catenary.expr import maximum, sqrt
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class RMSpropHyper(Hyper):
    lr: float = hyper(default=1e-2, ge=0, unit="p")
    alpha: float = hyper(default=0.99, ge=0, le=1)
    eps: float = hyper(default=1e-8, ge=0, unit="L/p")
    weight_decay: float = hyper(default=0.0, ge=0, unit="L/p²")
    momentum: float = hyper(default=0.0, ge=0)
    centered: bool = hyper(default=False)
    maximize: bool = hyper(default=False, kw_only=True)


class RMSpropRule(RMSpropHyper, FormulaRule):
    """Divide each gradient by the size that gradients have had lately.

        g ← g + weight_decay · p
        v ← α v + (1 − α) g²
        a ← a + (1 − α)(g − a),  d = √(v − a²) + ε      (centered; otherwise d = √v + ε)
        b ← momentum · b + g / d                        (without momentum: b = g / d)
        p ← p − lr · b

    Shapes: p, g, v, a and b share one shape; any shape, empty included.
    Units:  g and a [L/p], v [L²/p²], b [1], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0.
        alpha: Share of v and a kept at each step, no unit, in [0, 1].
        eps: Floor of the denominator, [L/p], at least 0.
        weight_decay: Decay through the gradient, [L/p²], at least 0.
        momentum: Share of b kept at each step, no unit, at least 0; 0: there is no b.
        centered: Whether the spread of gradients divides, not their size.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Tieleman and Hinton, Coursera lecture 6.5 (2012); centered: Graves (2013).
    Differs: where rounding makes v − a² negative it counts as 0; torch.optim.RMSprop's step is NaN
        there. An alpha above 1 is refused here: v would turn negative.
    """

    square_avg = slot(0.0)
    momentum_buffer = slot(0.0, when="momentum")
    grad_avg = slot(0.0, when="centered")

    @staticmethod
    def step(p: Any, g: Any, square_avg: Any, momentum_buffer: Any, grad_avg: Any, h: Any) -> Any:
        if h.maximize:
            g = -g
        g = g + h.weight_decay * p
        square_avg = h.alpha * square_avg + (1 - h.alpha) * g * g
        spread = square_avg
        if h.centered:
            grad_avg = grad_avg + (1 - h.alpha) * (g - grad_avg)
            spread = maximum(square_avg - grad_avg * grad_avg, 0)
        scaled = g / (sqrt(spread) + h.eps)
        if momentum_buffer is not None:
            scaled = momentum_buffer = h.momentum * momentum_buffer + scaled
        return p - h.lr * scaled, square_avg, momentum_buffer, grad_avg


class RMSprop(RMSpropHyper, Optimizer):
    """``torch.optim.RMSprop``, fused: :class:`RMSpropRule` for every parameter."""

    rule = RMSpropRule
