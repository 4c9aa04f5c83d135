"""Inverse of the error function."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["erfinv"]


def erfinv(x: Any) -> Variable:
    """Return the y with erf(y) = x, element by element.

    Args:
        x: Variable or array, floating, any shape.
            Outside [−1, 1] the result is NaN.
    """
    return apply("erfinv", torch.erfinv, x, check=floating)
