"""Limits."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["clip"]


def clip(x: Any, x_min: float, x_max: float) -> Variable:
    """Return min(max(x, x_min), x_max); the gradient at the limits is 1.

    Args:
        x: Variable or array, floating, any shape.
        x_min: Lower limit.
        x_max: Upper limit.
    """

    def limit(x: torch.Tensor) -> torch.Tensor:
        return torch.clamp(x, x_min, x_max)

    return apply("Clip", limit, x, check=floating)
