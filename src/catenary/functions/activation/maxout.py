"""The greatest of several values."""

from __future__ import annotations

from typing import Any

from catenary.functions.array.reshape import reshape
from catenary.functions.math.minmax import max
from catenary.utils.type_check import InvalidType
from catenary.variable import Variable

__all__ = ["maxout"]


def maxout(x: Any, pool_size: int, axis: int = 1) -> Variable:
    """Return the maxima of groups of neighbours along an axis.

    Args:
        x: Variable or array, floating.
        pool_size: Size of a group, at least 1.
        axis: Axis that is divided into groups.

    Raises:
        ValueError: `pool_size` is below 1.
        InvalidType: The length of the axis is no multiple of it.
    """
    if pool_size <= 0:
        raise ValueError(f"pool_size must be at least 1, got {pool_size}")
    shape = tuple(x.shape)
    length = shape[axis]
    if length % pool_size:
        raise InvalidType(f"a length that {pool_size} divides along axis {axis}", f"shape {shape}")
    place = axis % len(shape)
    groups = (*shape[:place], length // pool_size, pool_size, *shape[place + 1 :])
    return max(reshape(x, groups), axis=place + 1)
