"""Running sums."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.math._axis import along_one
from catenary.variable import Variable

__all__ = ["cumsum"]


def cumsum(x: Any, axis: int | None = None) -> Variable:
    """Return the sums of all values up to each one.

    Args:
        x: Variable or array, floating.
        axis: Axis to sum along; None for the flattened array.

    Raises:
        TypeError: `axis` is neither int nor None.
        InvalidType: There is no such axis.
    """

    def running(x: torch.Tensor) -> torch.Tensor:
        return x.flatten().cumsum(0) if axis is None else x.cumsum(axis)

    return apply("Cumsum", running, x, check=along_one(axis))
