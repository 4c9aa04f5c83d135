"""Trigonometric functions."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["arccos", "arcsin", "arctan", "arctan2", "cos", "sin", "tan"]


def sin(x: Any) -> Variable:
    """Return the sine, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("sin", torch.sin, x, check=floating)


def cos(x: Any) -> Variable:
    """Return the cosine, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("cos", torch.cos, x, check=floating)


def tan(x: Any) -> Variable:
    """Return the tangent, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("tan", torch.tan, x, check=floating)


def arcsin(x: Any) -> Variable:
    """Return the inverse sine, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("arcsin", torch.asin, x, check=floating)


def arccos(x: Any) -> Variable:
    """Return the inverse cosine, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("arccos", torch.acos, x, check=floating)


def arctan(x: Any) -> Variable:
    """Return the inverse tangent, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("arctan", torch.atan, x, check=floating)


def arctan2(x1: Any, x2: Any) -> Variable:
    """Return the angle of the point (x2, x1), in (−π, π], element by element.

    Args:
        x1: Variable or array, floating.
        x2: Variable or array, floating.
    """
    return apply("arctan2", torch.atan2, x1, x2, check=floating)
