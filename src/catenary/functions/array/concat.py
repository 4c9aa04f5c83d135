"""Arrays end to end."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["concat"]


def _one_dtype(label: str, *tensors: torch.Tensor) -> None:
    if any(t.dtype != tensors[0].dtype or t.ndim != tensors[0].ndim for t in tensors):
        reject(label, "one dtype and one number of axes", *tensors)


def concat(xs: Any, axis: int = 1) -> Variable:
    """Return the arrays joined along an axis that they have.

    Args:
        xs: Sequence of Variables or arrays, equal in dtype and in every other axis.
        axis: Axis to join along.
    """

    def joined(*tensors: torch.Tensor) -> torch.Tensor:
        return torch.cat(tensors, axis)

    return apply("Concat", joined, *xs, check=_one_dtype)
