"""Between two arrays."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, matching
from catenary.variable import Variable

__all__ = ["linear_interpolate"]


def _between(p: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return p * x + (1 - p) * y


def linear_interpolate(p: Any, x: Any, y: Any) -> Variable:
    """Return p · x + (1 − p) · y.

    Args:
        p: Variable or array, floating.
        x: Variable or array of the same shape and dtype.
        y: Variable or array of the same shape and dtype.
    """
    return apply("LinearInterpolate", _between, p, x, y, check=matching)
