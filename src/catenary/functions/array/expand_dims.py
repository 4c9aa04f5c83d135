"""A new axis of length 1."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.variable import Variable

__all__ = ["expand_dims"]


def expand_dims(x: Any, axis: int) -> Variable:
    """Return a view with a new axis of length 1.

    Args:
        x: Variable or array.
        axis: Where the new axis stands in the result.
    """

    def view(x: torch.Tensor) -> torch.Tensor:
        return x.unsqueeze(axis)

    return apply("ExpandDims", view, x)
