"""Square."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["square"]


def square(x: Any) -> Variable:
    """Return x², element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("square", torch.square, x, check=floating)
