"""Small questions about arrays."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

__all__ = ["size_of_shape", "sum_to"]


def size_of_shape(shape: Iterable[int]) -> int:
    """Return how many values an array of this shape has."""
    return math.prod(int(n) for n in shape)


def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """Return an array summed to a shape that broadcasts to its own.

    Args:
        x: Array.
        shape: Shape of the result.
    """
    lead = x.ndim - len(shape)
    axes = tuple(i + lead for i, n in enumerate(shape) if n == 1)
    y = x.sum(axis=(*range(lead), *axes), keepdims=True)
    return y.reshape(shape)
