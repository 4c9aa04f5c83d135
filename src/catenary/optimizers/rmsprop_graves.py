"""RMSprop as Graves used it: centred, with momentum."""

from __future__ import annotations

from typing import Any

from catenary.expr import sqrt
from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class RMSpropGravesHyper(Hyper):
    lr: float = hyper(default=1e-4, ge=0, unit="p")
    alpha: float = hyper(default=0.95, ge=0, le=1)
    momentum: float = hyper(default=0.9, ge=0, le=1)
    eps: float = hyper(default=1e-4, ge=0, unit="L²/p²", kept=True)


class RMSpropGravesRule(RMSpropGravesHyper, FormulaRule):
    """Scale every gradient by the deviation it has had lately, and keep momentum.

        n     ← α n + (1 − α) g²
        ḡ     ← α ḡ + (1 − α) g
        delta ← momentum · delta − lr · g / √(n − ḡ² + ε)
        p     ← p + delta

    Shapes: p, g and the three states (`n`, `g` and `delta`) share one shape; any shape, empty
        included.
    Units:  g and ḡ [L/p], n [L²/p²], delta [p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0.
        alpha: Share of both averages kept at each step, no unit, in [0, 1].
        momentum: Share of `delta` kept at each step, no unit, in [0, 1].
        eps: Added under the root, [L²/p²], at least 0.

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Graves, Generating sequences with recurrent neural networks, section 4.2 (2013).
    """

    n = slot(0.0)
    average = slot(0.0, key="g")
    delta = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, n: Any, average: Any, delta: Any, h: Any) -> Any:
        n = h.alpha * n + (1 - h.alpha) * g * g
        average = h.alpha * average + (1 - h.alpha) * g
        delta = h.momentum * delta - h.lr * g / sqrt(n - average * average + h.eps)
        return p + delta, n, average, delta


class RMSpropGraves(RMSpropGravesHyper, GradientMethod):
    """Graves's RMSprop: :class:`RMSpropGravesRule` for every parameter."""

    rule = RMSpropGravesRule
