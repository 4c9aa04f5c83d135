"""The `axis` argument of reductions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy
import torch

from catenary.functions._apply import floating, reject

__all__ = ["along_one", "as_axes"]


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


def along_one(axis: int | None) -> Callable[..., None]:
    """Return the check of a function that works along one axis, or over the flattened array.

    Raises:
        TypeError: `axis` is neither int nor None.
    """
    if axis is not None and not isinstance(axis, int):
        raise TypeError(f"axis must be an int or None, got {axis!r}")

    def check(label: str, x: torch.Tensor) -> None:
        floating(label, x)
        if axis is not None and not -x.ndim <= axis < x.ndim:
            reject(label, f"an axis {axis}", x)

    return check
