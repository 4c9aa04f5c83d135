"""Products summed over given axes."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["tensordot"]


def tensordot(a: Any, b: Any, axes: Any = 2) -> Variable:
    """Return the products of two arrays, summed over axes, as `numpy.tensordot` does.

    Args:
        a: Variable or array, floating.
        b: Variable or array, floating.
        axes: How many of the last axes of `a` meet the first of `b`, or a pair: axes of `a`, axes
            of `b`.
    """
    pairs = axes
    if not isinstance(axes, int):
        pairs = [[each] if isinstance(each, int) else list(each) for each in axes]

    def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return torch.tensordot(a, b, pairs)  # type: ignore[no-any-return]

    return apply("TensorDot", product, a, b, check=floating)
