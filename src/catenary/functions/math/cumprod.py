"""Running products."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.math._axis import along_one
from catenary.variable import Variable

__all__ = ["cumprod"]


def cumprod(x: Any, axis: int | None = None) -> Variable:
    """Return the products of all values up to each one.

    Args:
        x: Variable or array, floating.
        axis: Axis to multiply along; None for the flattened array.

    Raises:
        TypeError: `axis` is neither int nor None.
        InvalidType: There is no such axis.
    """

    def running(x: torch.Tensor) -> torch.Tensor:
        return x.flatten().cumprod(0) if axis is None else x.cumprod(axis)

    return apply("Cumprod", running, x, check=along_one(axis))
