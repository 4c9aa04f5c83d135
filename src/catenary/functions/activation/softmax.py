"""Softmax."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["softmax"]


def softmax(x: Any, axis: int = 1) -> Variable:
    """Return exp(x) divided by its sum along an axis.

    Args:
        x: Variable or array, floating.
        axis: Axis along which the result sums to 1.

    Returns:
        Variable of the shape of `x`.
    """

    def normalized(x: torch.Tensor) -> torch.Tensor:
        return torch.softmax(x, axis)

    return apply("Softmax", normalized, x, check=floating)
