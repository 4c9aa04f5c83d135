"""Sigmoid."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["sigmoid"]


def sigmoid(x: Any) -> Variable:
    """Return 1 / (1 + exp(−x)).

    Args:
        x: Variable or array, floating, any shape.

    Returns:
        Variable of the shape of `x`.
    """
    return apply("Sigmoid", torch.sigmoid, x, check=floating)
