"""Another order of axes."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.functions._apply import apply
from catenary.variable import Variable

__all__ = ["transpose"]


def transpose(x: Any, axes: Any = None) -> Variable:
    """Return a view with the axes in another order.

    Args:
        x: Variable or array.
        axes: Tuple that names every axis once; None reverses them.

    Raises:
        AxisError: An axis does not exist.
        InvalidType: An axis is missing or named twice.
    """
    ndim = len(x.shape)
    for axis in axes or ():
        if not -ndim <= axis < ndim:
            raise numpy.exceptions.AxisError(axis, ndim)

    def permuted(x: torch.Tensor) -> torch.Tensor:
        return x.permute(tuple(reversed(range(ndim))) if axes is None else tuple(axes))

    return apply("Transpose", permuted, x)
