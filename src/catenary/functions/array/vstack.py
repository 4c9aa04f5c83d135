"""Arrays one below the other."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.array._joining import joinable
from catenary.variable import Variable

__all__ = ["vstack"]


def _joined(*tensors: torch.Tensor) -> torch.Tensor:
    return torch.vstack(tensors)


def vstack(xs: Any) -> Variable:
    """Return the arrays joined along axis 0; those of one axis become rows.

    Args:
        xs: Sequence of Variables or arrays, equal in dtype and in every other axis.
    """
    return apply("Vstack", _joined, *xs, check=joinable)
