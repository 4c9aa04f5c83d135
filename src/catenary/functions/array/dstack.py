"""Arrays one behind the other."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.array._joining import joinable
from catenary.variable import Variable

__all__ = ["dstack"]


def _joined(*tensors: torch.Tensor) -> torch.Tensor:
    return torch.dstack(tensors)


def dstack(xs: Any) -> Variable:
    """Return the arrays joined along axis 2, which those of fewer axes get.

    Args:
        xs: Sequence of Variables or arrays, equal in dtype and in every other axis.
    """
    return apply("Dstack", _joined, *xs, check=joinable)
