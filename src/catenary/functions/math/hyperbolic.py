"""Hyperbolic functions."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["cosh", "sinh"]


def sinh(x: Any) -> Variable:
    """Return the hyperbolic sine, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("sinh", torch.sinh, x, check=floating)


def cosh(x: Any) -> Variable:
    """Return the hyperbolic cosine, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("cosh", torch.cosh, x, check=floating)
