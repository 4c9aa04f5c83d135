"""Exponential near 0."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["expm1"]


def expm1(x: Any) -> Variable:
    """Return eˣ − 1, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("expm1", torch.expm1, x, check=floating)
