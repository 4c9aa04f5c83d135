"""Inverse hyperbolic tangent."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["arctanh"]


def arctanh(x: Any) -> Variable:
    """Return the y with tanh(y) = x, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("Arctanh", torch.arctanh, x, check=floating)
