"""Gradient clipping by the norm over the whole model."""

from __future__ import annotations

from typing import Any

from catenary.expr import minimum, norm
from catenary.optimizer import FormulaHook, hyper


class GradientClipping(FormulaHook):
    """Shorten the whole gradient to `threshold`:  g ← g · min(1, threshold / ‖g‖₂).

    The norm goes over every gradient of the target, also of parameters whose rule is not enabled.

    Args:
        threshold: Largest norm, [L/p], at least 0.

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent networks (2013).
    Differs: the norm is accumulated in float64, where Chainer's float32 overflows at gradients of
        1e20; the gradient is unscaled first, where Chainer clips the scaled norm.
    """

    threshold: float = hyper(ge=0, unit="L/p")
    clips_norm = True

    @staticmethod
    def transform(p: Any, g: Any, h: Any) -> Any:
        return g * minimum(1, h.threshold / norm(g, over="model"))
