"""Rectified linear unit."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["relu"]


def relu(x: Any) -> Variable:
    """Return max(x, 0).

    Args:
        x: Variable or array, floating, any shape.

    Returns:
        Variable of the shape of `x`.
    """
    return apply("ReLU", torch.relu, x, check=floating)
