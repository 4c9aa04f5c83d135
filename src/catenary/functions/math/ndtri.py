"""Inverse distribution function of the standard normal distribution."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["ndtri"]


def ndtri(x: Any) -> Variable:
    """Return the y with ndtr(y) = x, element by element.

    Args:
        x: Variable or array, floating, any shape.
            Outside [0, 1] the result is NaN.
    """
    return apply("ndtri", torch.special.ndtri, x, check=floating)
