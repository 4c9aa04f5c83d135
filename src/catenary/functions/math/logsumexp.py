"""Logarithm of a sum of exponentials."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.functions.math._axis import as_axes
from catenary.variable import Variable

__all__ = ["logsumexp"]


def logsumexp(x: Any, axis: Any = None) -> Variable:
    """Return log Σ eˣ over axes, without overflow.

    Args:
        x: Variable or array, floating.
        axis: Int, tuple of ints, or None for all axes.
    """
    axes = as_axes(axis)

    def total(x: torch.Tensor) -> torch.Tensor:
        return torch.logsumexp(x, tuple(range(x.ndim)) if axes is None else axes)

    return apply("LogSumExp", total, x, check=floating)
