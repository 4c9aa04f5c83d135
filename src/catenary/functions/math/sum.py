"""Sum."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.functions.math._axis import as_axes
from catenary.variable import Variable, as_variable

__all__ = ["sum", "sum_to"]


def sum(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Return the sum over axes.

    Args:
        x: Variable or array, floating.
        axis: Int, tuple of ints, or None for all axes.
        keepdims: Keep the summed axes with length 1.
    """
    axes = as_axes(axis)

    def total(x: torch.Tensor) -> torch.Tensor:
        return x if axes == () else torch.sum(x, axes, keepdim=keepdims)

    return apply("Sum", total, x, check=floating)


def sum_to(x: Any, shape: Any) -> Variable:
    """Return `x` summed so that it has a shape from which it broadcasts to its own.

    Args:
        x: Variable or array, floating.
        shape: Tuple of ints.
    """
    shape = tuple(shape)
    if tuple(x.shape) == shape:
        return as_variable(x)

    def total(x: torch.Tensor) -> torch.Tensor:
        return x.sum_to_size(shape)

    return apply("SumTo", total, x, check=floating)
