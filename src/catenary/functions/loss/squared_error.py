"""Squared differences."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, matching
from catenary.variable import Variable

__all__ = ["squared_difference", "squared_error"]


def _square(x0: torch.Tensor, x1: torch.Tensor) -> torch.Tensor:
    return (x0 - x1).square()


def squared_error(x0: Any, x1: Any) -> Variable:
    """Return (x0 − x1)², element by element.

    Args:
        x0: Variable or array, floating.
        x1: Variable or array of the same shape and dtype.
    """
    return apply("SquaredError", _square, x0, x1, check=matching)


def squared_difference(x1: Any, x2: Any) -> Variable:
    """Return (x1 − x2)²; another name of :func:`squared_error`."""
    return squared_error(x1, x2)
