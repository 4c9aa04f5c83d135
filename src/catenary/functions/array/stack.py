"""Arrays side by side."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["stack"]


def _alike(label: str, *tensors: torch.Tensor) -> None:
    if any(t.dtype != tensors[0].dtype or t.shape != tensors[0].shape for t in tensors):
        reject(label, "one dtype and one shape", *tensors)


def stack(xs: Any, axis: int = 0) -> Variable:
    """Return the arrays joined along a new axis.

    Args:
        xs: Sequence of Variables or arrays of one dtype and shape.
        axis: Where the new axis goes.
    """

    def joined(*tensors: torch.Tensor) -> torch.Tensor:
        return torch.stack(tensors, axis)

    return apply("Stack", joined, *xs, check=_alike)
