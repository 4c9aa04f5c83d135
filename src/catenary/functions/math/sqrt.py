"""Square root and its reciprocal."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["rsqrt", "sqrt"]


def sqrt(x: Any) -> Variable:
    """Return √x, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("sqrt", torch.sqrt, x, check=floating)


def rsqrt(x: Any) -> Variable:
    """Return 1 / √x, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("rsqrt", torch.rsqrt, x, check=floating)
