"""Contrastive loss."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["contrastive"]


def _check(label: str, x0: torch.Tensor, x1: torch.Tensor, y: torch.Tensor) -> None:
    floating(label, x0)
    alike = x0.dtype == x1.dtype and x0.shape == x1.shape and x0.ndim == 2
    if not alike or y.is_floating_point() or tuple(y.shape) != (len(x0),) or not len(x0):
        reject(label, "x0 and x1 (batch, length) of one dtype, integers y (batch,)", x0, x1, y)


def contrastive(x0: Any, x1: Any, y: Any, margin: float = 1, reduce: str = "mean") -> Variable:
    """Return ½ d² for pairs that belong together and ½ max(margin − d, 0)² for others.

    Args:
        x0: Vectors, floating, shape (batch, length).
        x1: Their partners, of the same shape and dtype; d is the distance.
        y: 1 for a pair that belongs together and 0 for others, ints, shape (batch,).
        margin: Distance beyond which there is no loss, above 0.
        reduce: ``"mean"``, or ``"no"`` for one loss a pair.

    Raises:
        ValueError: `margin` is not above 0, or `reduce` is neither.
    """
    if margin <= 0:
        raise ValueError(f"margin must be above 0, got {margin}")
    if reduce not in ("mean", "no"):
        raise ValueError(f"reduce must be 'mean' or 'no', got {reduce!r}")

    def loss(x0: torch.Tensor, x1: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        square = (x0 - x1).square().sum(1)
        apart = square > 0  # the root has no slope at 0
        distance = torch.where(apart, square, 1).sqrt() * apart
        near, far = square, torch.relu(margin - distance).square()
        each = torch.where(y.bool(), near, far) * 0.5
        return each if reduce == "no" else each.mean()

    return apply("Contrastive", loss, x0, x1, y, check=_check)
