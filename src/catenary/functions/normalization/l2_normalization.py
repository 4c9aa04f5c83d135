"""Vectors of length 1."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["normalize"]


def normalize(x: Any, eps: float = 1e-5, axis: Any = 1) -> Variable:
    """Return x / (‖x‖ + ε); the gradient of a vector of zeros is that of x / ε.

    Args:
        x: Variable or array, floating.
        eps: ε, added to the length.
        axis: Axis of the vectors, or tuple of axes.
    """
    axes = (axis,) if isinstance(axis, int) else tuple(axis)

    def divided(x: torch.Tensor) -> torch.Tensor:
        length: torch.Tensor = torch.linalg.vector_norm(x, dim=axes, keepdim=True)
        return x / (length + eps)

    return apply("NormalizeL2", divided, x, check=floating)
