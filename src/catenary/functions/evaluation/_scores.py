"""What measures of classification take."""

from __future__ import annotations

import torch

from catenary.functions._apply import floating, reject

__all__ = ["scores_and_classes"]


def scores_and_classes(label: str, y: torch.Tensor, t: torch.Tensor) -> None:
    """Check for scores (batch, class, ...) and integers (batch, ...)."""
    scores, classes = y.shape, t.shape
    floating(label, y)
    if t.dtype.is_floating_point or len(scores) < 2 or (scores[0], *scores[2:]) != classes:
        # Axes of length 1 at the end of the scores may be missing in the classes.
        last = len(classes) + 1
        fits = len(scores) > 1 and 0 < len(classes) < last <= len(scores)
        fits = fits and (scores[0], *scores[2:last]) == classes
        if t.is_floating_point() or not fits or any(n != 1 for n in scores[last:]):
            reject(label, "scores y (batch, class, ...) and integers t (batch, ...)", y, t)
