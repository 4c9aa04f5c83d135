"""An array laid out several times."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.variable import Variable

__all__ = ["tile"]


def tile(x: Any, reps: Any) -> Variable:
    """Return copies of `x` side by side along its axes.

    Args:
        x: Variable or array.
        reps: How many along the last axis, or a tuple of one int for each of the last axes.

    Raises:
        TypeError: `reps` is neither.
        ValueError: A number is negative.
    """
    counts = (reps,) if isinstance(reps, int) else reps
    if not isinstance(counts, tuple) or not all(isinstance(n, int) for n in counts):
        raise TypeError(f"reps must be an int or a tuple of ints, got {reps!r}")
    if any(n < 0 for n in counts):
        raise ValueError(f"reps must not be negative, got {reps}")

    def tiled(x: torch.Tensor) -> torch.Tensor:
        return x.tile(counts)

    return apply("Tile", tiled, x)
