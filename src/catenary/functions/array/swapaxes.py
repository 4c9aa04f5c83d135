"""Two axes exchanged."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.variable import Variable

__all__ = ["swapaxes"]


def swapaxes(x: Any, axis1: int, axis2: int) -> Variable:
    """Return a view with two axes exchanged.

    Args:
        x: Variable or array.
        axis1: One axis.
        axis2: The other.
    """

    def swapped(x: torch.Tensor) -> torch.Tensor:
        return x.transpose(axis1, axis2)

    return apply("Swapaxes", swapped, x)
