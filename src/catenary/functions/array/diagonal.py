"""Diagonals."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.variable import Variable

__all__ = ["diagonal"]


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Variable:
    """Return diagonals as the last axis, a view.

    Args:
        x: Variable or array, at least two axes.
        offset: How far above the main diagonal.
        axis1: Axis of the rows.
        axis2: Axis of the columns.
    """

    def view(x: torch.Tensor) -> torch.Tensor:
        return x.diagonal(offset, axis1, axis2)

    return apply("Diagonal", view, x)
