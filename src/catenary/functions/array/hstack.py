"""Arrays side by side."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.array._joining import joinable
from catenary.variable import Variable

__all__ = ["hstack"]


def _joined(*tensors: torch.Tensor) -> torch.Tensor:
    return torch.hstack(tensors)


def hstack(xs: Any) -> Variable:
    """Return the arrays joined along axis 1; along axis 0 where there is no other.

    Args:
        xs: Sequence of Variables or arrays, equal in dtype and in every other axis.
    """
    return apply("Hstack", _joined, *xs, check=joinable)
