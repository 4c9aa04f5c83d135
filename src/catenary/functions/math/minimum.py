"""Element by element, the smaller of two arrays."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.math._dtype import one_floating_dtype
from catenary.variable import Variable

__all__ = ["minimum"]


def _choose(x1: torch.Tensor, x2: torch.Tensor) -> torch.Tensor:
    # torch.minimum would share the gradient of equal values; Chainer gives it to x1.
    return torch.where((x1 <= x2) | x1.isnan(), x1, x2)


def minimum(x1: Any, x2: Any) -> Variable:
    """Return the smaller value of two arrays, broadcast; of equal ones `x1` gets the gradient.

    Args:
        x1: Variable or array, floating.
        x2: Variable or array of the same dtype.
    """
    return apply("Minimum", _choose, x1, x2, check=one_floating_dtype)
