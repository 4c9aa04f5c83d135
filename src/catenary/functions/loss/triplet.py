"""Triplet loss."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, matching
from catenary.variable import Variable

__all__ = ["triplet"]


def triplet(
    anchor: Any, positive: Any, negative: Any, margin: float = 0.2, reduce: str = "mean"
) -> Variable:
    """Return max(‖a − p‖² − ‖a − n‖² + margin, 0).

    Args:
        anchor: a, Variable or array, floating, shape (batch, length).
        positive: p, of the same shape and dtype.
        negative: n, of the same shape and dtype.
        margin: How much nearer `positive` should be, above 0.
        reduce: ``"mean"``, or ``"no"`` for one loss a sample.

    Raises:
        ValueError: `margin` is not above 0, or `reduce` is neither.
    """
    if margin <= 0:
        raise ValueError(f"margin must be above 0, got {margin}")
    if reduce not in ("mean", "no"):
        raise ValueError(f"reduce must be 'mean' or 'no', got {reduce!r}")

    def loss(a: torch.Tensor, p: torch.Tensor, n: torch.Tensor) -> torch.Tensor:
        each = torch.relu(((a - p).square() - (a - n).square()).sum(1) + margin)
        return each if reduce == "no" else each.mean()

    return apply("Triplet", loss, anchor, positive, negative, check=matching)
