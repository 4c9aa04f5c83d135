"""Layer-wise adaptive rate scaling."""

from __future__ import annotations

from typing import Any

from catenary.expr import norm, where
from catenary.optimizer import FormulaHook, hyper


class GradientLARS(FormulaHook):
    """Scale each tensor's gradient by the ratio of its parameter's norm to its own.

        rate = ‖p‖ / (ε + ‖g‖ + weight_decay · ‖p‖) where ‖p‖ > threshold, else 1
        g    ← rate · (g + weight_decay · p)

    Args:
        threshold: Norm of the parameter, [p], from which on it acts; any number.
        weight_decay: Strength of decay, [L/p²], at least 0.
        eps: Floor of the denominator, [L/p], at least 0.

    Source: You, Gitman and Ginsburg, Large batch training of convolutional networks (2017).
    Differs: norms are accumulated in float64; the gradient is unscaled first.
    """

    inhomogeneous = "the ratio of norms has a unit, and is 1 below the threshold"

    threshold: float = hyper(default=1e-2, unit="p")
    weight_decay: float = hyper(default=0.0, ge=0, unit="L/p²")
    eps: float = hyper(default=1e-9, ge=0, unit="L/p")

    @staticmethod
    def transform(p: Any, g: Any, h: Any) -> Any:
        size = norm(p)
        rate = where(size > h.threshold, size / (h.eps + norm(g) + h.weight_decay * size), 1.0)
        return (g + h.weight_decay * p) * rate
