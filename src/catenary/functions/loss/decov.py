"""How much the units of a layer have in common."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions.loss.cross_covariance import penalty
from catenary.variable import Variable

__all__ = ["decov"]


def _check(label: str, h: torch.Tensor) -> None:
    floating(label, h)
    if h.ndim != 2:
        reject(label, "h (batch, N)", h)


def decov(h: Any, reduce: str = "half_squared_sum") -> Variable:
    """Return ½ ‖C‖², where C is the covariance of units over the batch without its diagonal.

    Args:
        h: Variable or array, floating, shape (batch, N).
        reduce: ``"half_squared_sum"``, or ``"no"`` for C, of shape (N, N).

    Raises:
        ValueError: `reduce` is neither.

    Source: Cogswell et al., "Reducing Overfitting in Deep Networks by Decorrelating
    Representations" (2016).
    """

    def covariance(h: torch.Tensor) -> torch.Tensor:
        centered = h - h.mean(0)
        shared = centered.mT @ centered / len(h)
        return penalty(shared - shared.diagonal().diag(), reduce)

    return apply("DeCov", covariance, h, check=_check)
