"""Exponential and logarithms."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["exp", "log", "log2", "log10"]


def exp(x: Any) -> Variable:
    """Return eˣ, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("exp", torch.exp, x, check=floating)


def log(x: Any) -> Variable:
    """Return the natural logarithm, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("log", torch.log, x, check=floating)


def log2(x: Any) -> Variable:
    """Return the logarithm to base 2, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("log2", torch.log2, x, check=floating)


def log10(x: Any) -> Variable:
    """Return the logarithm to base 10, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("log10", torch.log10, x, check=floating)
