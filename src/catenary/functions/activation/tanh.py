"""Hyperbolic tangent."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["tanh"]


def tanh(x: Any) -> Variable:
    """Return the hyperbolic tangent, (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ).

    Args:
        x: Variable or array, floating, any shape.

    Returns:
        Variable of the shape of `x`.
    """
    return apply("Tanh", torch.tanh, x, check=floating)
