"""What measures of classification take."""

from __future__ import annotations

import torch

from catenary.functions._apply import floating, reject

__all__ = ["scores_and_classes"]


def scores_and_classes(label: str, y: torch.Tensor, t: torch.Tensor) -> None:
    """Check for scores (batch, class, ...) and integers (batch, ...)."""
    floating(label, y)
    fits = y.ndim > 1 and y.ndim >= t.ndim and y.shape[:1] == t.shape[:1]
    fits = fits and y.shape[2 : t.ndim + 1] == t.shape[1:]
    if t.is_floating_point() or not fits or any(n != 1 for n in y.shape[t.ndim + 1 :]):
        reject(label, "scores y (batch, class, ...) and integers t (batch, ...)", y, t)
