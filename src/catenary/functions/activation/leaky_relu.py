"""Leaky rectified linear unit."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["leaky_relu"]


def leaky_relu(x: Any, slope: float = 0.2) -> Variable:
    """Return x where x > 0 and slope · x elsewhere; the gradient at 0 is slope.

    Args:
        x: Variable or array, floating, any shape.
        slope: Factor for negative values.

    Returns:
        Variable of the shape of `x`.
    """

    def leak(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.leaky_relu(x, slope)

    return apply("LeakyReLU", leak, x, check=floating)
