"""Squared for small errors, linear for large ones."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, matching
from catenary.variable import Variable

__all__ = ["huber_loss"]


def huber_loss(x: Any, t: Any, delta: float, reduce: str = "sum_along_second_axis") -> Variable:
    """Return ½ a² where a = |x − t| ≤ δ and δ (a − ½ δ) elsewhere.

    Args:
        x: Variable or array, floating.
        t: Variable or array of the same shape and dtype.
        delta: δ, above 0.
        reduce: ``"sum_along_second_axis"``, or ``"no"`` for one loss an element.

    Raises:
        ValueError: `reduce` is neither.
    """
    if reduce not in ("sum_along_second_axis", "no"):
        raise ValueError(f"reduce must be 'sum_along_second_axis' or 'no', got {reduce!r}")

    def loss(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        each = torch.nn.functional.huber_loss(x, t, reduction="none", delta=delta)
        return each if reduce == "no" else each.sum(1)

    return apply("HuberLoss", loss, x, t, check=matching)
