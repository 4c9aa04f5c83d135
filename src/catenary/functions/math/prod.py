"""Product."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.functions.math._axis import as_axes
from catenary.variable import Variable

__all__ = ["prod"]


def prod(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Return the product over axes.

    Args:
        x: Variable or array, floating.
        axis: Int, tuple of ints, or None for all axes.
        keepdims: Keep the multiplied axes with length 1.
    """
    axes = as_axes(axis)

    def product(x: torch.Tensor) -> torch.Tensor:
        over = range(x.ndim) if axes is None else axes
        for a in sorted(i % x.ndim if -x.ndim <= i < x.ndim else i for i in over)[::-1]:
            x = x.prod(a, keepdim=keepdims)
        return x

    return apply("Prod", product, x, check=floating)
