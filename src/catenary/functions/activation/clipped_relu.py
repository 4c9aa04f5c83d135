"""Rectified linear unit with a ceiling."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["clipped_relu", "relu6"]


def clipped_relu(x: Any, z: float = 20.0) -> Variable:
    """Return min(max(x, 0), z); the gradient at 0 and at z is 0.

    Args:
        x: Variable or array, floating, any shape.
        z: Ceiling, above 0.

    Returns:
        Variable of the shape of `x`.
    """

    def clamp(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.hardtanh(x, 0.0, z)

    return apply("ClippedReLU", clamp, x, check=floating)


def relu6(x: Any) -> Variable:
    """Return min(max(x, 0), 6); see :func:`clipped_relu`."""
    return clipped_relu(x, 6.0)
