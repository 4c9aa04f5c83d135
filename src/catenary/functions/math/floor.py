"""Rounding down."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable, no_backprop_mode

__all__ = ["floor"]


def floor(x: Any) -> Variable:
    """Return the next integer below; a new leaf of the graph, without gradient.

    Args:
        x: Variable or array, floating, any shape.
    """
    with no_backprop_mode():
        return apply("Floor", torch.floor, x, check=floating)
