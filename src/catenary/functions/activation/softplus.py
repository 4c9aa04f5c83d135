"""Smooth rectified linear unit."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["softplus"]

# From here on log(1 + exp(x)) is x, to the last bit of float64.
_LINEAR_FROM = 40.0


def softplus(x: Any, beta: float = 1.0) -> Variable:
    """Return log(1 + exp(beta · x)) / beta, computed without overflow.

    Args:
        x: Variable or array, floating, any shape.
        beta: Sharpness of the bend.

    Returns:
        Variable of the shape of `x`.
    """

    def smooth(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.softplus(x, beta, _LINEAR_FROM)

    return apply("Softplus", smooth, x, check=floating)
