"""Squared length of each sample."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["batch_l2_norm_squared"]


def _check(label: str, x: torch.Tensor) -> None:
    floating(label, x)
    if x.ndim < 2:
        reject(label, "at least two axes", x)


def _lengths(x: torch.Tensor) -> torch.Tensor:
    return x.square().flatten(1).sum(1)


def batch_l2_norm_squared(x: Any) -> Variable:
    """Return the sum of squares of each sample, shape (batch,).

    Args:
        x: Variable or array, floating, at least two axes.
    """
    return apply("BatchL2NormSquared", _lengths, x, check=_check)
