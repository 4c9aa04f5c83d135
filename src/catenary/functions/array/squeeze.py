"""Fewer axes of length 1."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.functions.math._axis import as_axes
from catenary.variable import Variable

__all__ = ["squeeze"]


def squeeze(x: Any, axis: Any = None) -> Variable:
    """Return a view without axes of length 1.

    Args:
        x: Variable or array.
        axis: Int or tuple of ints, each of length 1; None for all such axes.

    Raises:
        InvalidType: An axis named does not exist.
        ValueError: An axis named is longer than 1.
    """
    axes = as_axes(axis)
    if axes is not None:
        shape = tuple(x.shape)
        longer = [a for a in axes if -len(shape) <= a < len(shape) and shape[a] != 1]
        if longer:
            raise ValueError(
                f"squeeze removes axes of length 1; axis {longer[0]} of {shape} is not"
            )

    def check(label: str, x: torch.Tensor) -> None:
        for a in axes or ():
            if not -x.ndim <= a < x.ndim:
                reject(label, f"an axis {a}", x)

    def view(x: torch.Tensor) -> torch.Tensor:
        return x.squeeze() if axes is None else x.squeeze(axes)

    return apply("Squeeze", view, x, check=check)
