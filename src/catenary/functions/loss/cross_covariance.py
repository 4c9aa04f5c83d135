"""How much two representations have in common."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["cross_covariance", "penalty"]


def _check(label: str, y: torch.Tensor, z: torch.Tensor) -> None:
    floating(label, y)
    if y.ndim != 2 or z.ndim != 2 or len(y) != len(z) or y.dtype != z.dtype:
        reject(label, "y (batch, M) and z (batch, N) of one dtype", y, z)


def penalty(covariance: torch.Tensor, reduce: str) -> torch.Tensor:
    """Return half the sum of squares, or the matrix itself.

    Raises:
        ValueError: `reduce` is neither ``"half_squared_sum"`` nor ``"no"``.
    """
    if reduce not in ("half_squared_sum", "no"):
        raise ValueError(f"reduce must be 'half_squared_sum' or 'no', got {reduce!r}")
    return covariance if reduce == "no" else 0.5 * (covariance * covariance).sum()


def cross_covariance(y: Any, z: Any, reduce: str = "half_squared_sum") -> Variable:
    """Return ½ ‖C‖², where C is the covariance of `y` and `z` over the batch.

    Args:
        y: Variable or array, floating, shape (batch, M).
        z: Of the same dtype, shape (batch, N).
        reduce: ``"half_squared_sum"``, or ``"no"`` for C, of shape (M, N).

    Raises:
        ValueError: `reduce` is neither.
    """

    def covariance(y: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        return penalty((y - y.mean(0)).mT @ (z - z.mean(0)) / len(y), reduce)

    return apply("CrossCovariance", covariance, y, z, check=_check)
