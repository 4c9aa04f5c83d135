"""Gradient clipping element by element."""

from __future__ import annotations

from typing import Any

from catenary.expr import maximum, minimum
from catenary.optimizer import FormulaHook, hyper


class GradientHardClipping(FormulaHook):
    """Clip every element:  g ← min(max(g, lower_bound), upper_bound).

    Args:
        lower_bound: Smallest element, [L/p], any number.
        upper_bound: Largest element, [L/p], any number.

    Differs: the gradient is unscaled first, where Chainer clips scaled elements.
    """

    lower_bound: float = hyper(unit="L/p")
    upper_bound: float = hyper(unit="L/p")

    @staticmethod
    def transform(p: Any, g: Any, h: Any) -> Any:
        return minimum(maximum(g, h.lower_bound), h.upper_bound)
