"""Addition along some axes."""

from __future__ import annotations

from typing import Any

from catenary.functions.math._along import along
from catenary.variable import Variable

__all__ = ["bias"]


def bias(x: Any, y: Any, axis: int = 1) -> Variable:
    """Return x + y, where the axes of `y` are those of `x` from `axis` on.

    Args:
        x: Variable, or an array, which takes the dtype of `y`.
        y: Variable or array.
        axis: First axis of `x` that `y` has.
    """
    total: Variable = x + along(x, y, axis)
    return total
