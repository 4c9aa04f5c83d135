"""The `axis` argument of reductions."""

from __future__ import annotations

from typing import Any

import numpy

__all__ = ["as_axes"]


def as_axes(axis: Any) -> tuple[int, ...] | None:
    """Return `axis` as a tuple, None for all axes.

    Raises:
        TypeError: `axis` is no int, tuple of ints or None.
        ValueError: An axis is named twice.
    """
    if axis is None:
        return None
    if isinstance(axis, (int, numpy.integer)):
        return (int(axis),)
    if not isinstance(axis, tuple) or not all(isinstance(a, (int, numpy.integer)) for a in axis):
        raise TypeError(f"axis must be None, an int or a tuple of ints, got {axis!r}")
    if len(set(axis)) != len(axis):
        raise ValueError(f"an axis is named twice in {axis}")
    return tuple(int(a) for a in axis)
