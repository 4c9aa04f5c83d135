"""Arrays end to end."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.array._joining import joinable
from catenary.variable import Variable

__all__ = ["concat"]


def concat(xs: Any, axis: int = 1) -> Variable:
    """Return the arrays joined along an axis that they have.

    Args:
        xs: Sequence of Variables or arrays, equal in dtype and in every other axis.
        axis: Axis to join along.
    """

    def joined(*tensors: torch.Tensor) -> torch.Tensor:
        return torch.cat(tensors, axis)

    return apply("Concat", joined, *xs, check=joinable)
