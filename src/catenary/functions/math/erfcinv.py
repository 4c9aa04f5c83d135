"""Inverse of the complementary error function."""

from __future__ import annotations

import math
from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["erfcinv"]


def _inverse(x: torch.Tensor) -> torch.Tensor:
    # erfc(y) = 2 · ndtr(−√2 · y)
    normal: torch.Tensor = torch.special.ndtri(x * 0.5)
    return normal * -math.sqrt(0.5)


def erfcinv(x: Any) -> Variable:
    """Return the y with erfc(y) = x, element by element.

    Args:
        x: Variable or array, floating, any shape.
            Outside [0, 2] the result is NaN.
    """
    return apply("erfcinv", _inverse, x, check=floating)
