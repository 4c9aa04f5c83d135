"""Multiplication along some axes."""

from __future__ import annotations

from typing import Any

from catenary.functions.math._along import along
from catenary.functions.math.basic_math import mul
from catenary.variable import Variable, as_variable

__all__ = ["scale"]


def scale(x: Any, y: Any, axis: int = 1) -> Variable:
    """Return x · y, where the axes of `y` are those of `x` from `axis` on.

    Args:
        x: Variable or array, floating.
        y: Variable or array of the same dtype.
        axis: First axis of `x` that `y` has.
    """
    return mul(as_variable(x), along(x, y, axis))
