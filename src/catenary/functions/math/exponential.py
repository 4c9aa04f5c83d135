"""Exponential and logarithm."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["exp", "log"]


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
