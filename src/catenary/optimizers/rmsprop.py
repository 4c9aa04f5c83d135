"""RMSprop: divide each gradient by a running root-mean-square of its past."""

from __future__ import annotations

from typing import Any

from catenary.expr import sqrt
from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class RMSpropHyper(Hyper):
    lr: float = hyper(default=0.01, ge=0, unit="p")
    alpha: float = hyper(default=0.99, ge=0, le=1)
    eps: float = hyper(default=1e-8, ge=0, unit="L/p", kept=True)
    eps_inside_sqrt: bool = hyper(default=False)


class RMSpropRule(RMSpropHyper, FormulaRule):
    """Scale every gradient by the size it has had lately.

        ms ← α ms + (1 − α) g²
        p  ← p − lr · g / (√ms + ε)          or, with eps_inside_sqrt,  lr · g / √(ms + ε)

    Shapes: p, g and ms share one shape; any shape, empty included.
    Units:  g [L/p], ms [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0.
        alpha: Share of `ms` kept at each step, no unit, in [0, 1].
        eps: Floor of the denominator, [L/p] ([L²/p²] inside the root), at least 0.
        eps_inside_sqrt: Whether ε stands inside the root, as in TensorFlow; a flag.

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Tieleman and Hinton, Coursera lecture 6.5 (2012).
    Differs: arithmetic is float32 for float16, where Chainer refuses ε = 1e-8.
    """

    ms = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, ms: Any, h: Any) -> Any:
        ms = h.alpha * ms + (1 - h.alpha) * g * g
        root = sqrt(ms + h.eps) if h.eps_inside_sqrt else sqrt(ms) + h.eps
        return p - h.lr * g / root, ms


class RMSprop(RMSpropHyper, GradientMethod):
    """RMSprop optimizer: :class:`RMSpropRule` for every parameter."""

    rule = RMSpropRule
