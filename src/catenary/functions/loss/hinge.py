"""Hinge loss."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["hinge"]


def _check(label: str, x: torch.Tensor, t: torch.Tensor) -> None:
    floating(label, x)
    whole = not t.is_floating_point() and t.dtype != torch.bool
    if not whole or x.ndim != 2 or t.ndim != 1 or len(x) != len(t):
        reject(label, "scores x (batch, class) and integers t (batch,)", x, t)


def hinge(x: Any, t: Any, norm: str = "L1", reduce: str = "mean") -> Variable:
    """Return max(0, 1 − s x), or its square: s is 1 for the right class and −1 for others.

    Args:
        x: Scores, floating, shape (batch, class).
        t: Classes, ints, shape (batch,).
        norm: ``"L1"``, or ``"L2"`` for the square.
        reduce: ``"mean"`` for the sum over classes averaged over samples, or ``"no"``.

    Raises:
        NotImplementedError: `norm` is neither.
        ValueError: `reduce` is neither.
        IndexError: A class is outside the scores.
    """
    if norm not in ("L1", "L2"):
        raise NotImplementedError(f"norm must be 'L1' or 'L2', got {norm!r}")
    if reduce not in ("mean", "no"):
        raise ValueError(f"reduce must be 'mean' or 'no', got {reduce!r}")

    def loss(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        signs = torch.ones_like(x)
        signs[torch.arange(len(x), device=x.device), t.long()] = -1
        each = torch.relu(1 + signs * x)
        each = each if norm == "L1" else each.square()
        return each if reduce == "no" else each.sum() / len(x)

    return apply("Hinge", loss, x, t, check=_check)
