"""Values several times over."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["repeat"]


def repeat(x: Any, repeats: Any, axis: int | None = None) -> Variable:
    """Return each value repeated, one copy after the other.

    Args:
        x: Variable or array.
        repeats: How often: an int, or a tuple of one int for each place of the axis.
        axis: Axis to repeat along; None for the flattened array.

    Raises:
        TypeError: `repeats` or `axis` is of another type.
        ValueError: A number of repeats is negative.
        InvalidType: There is no such axis, or `repeats` has another length.
    """
    counts = (repeats,) if isinstance(repeats, int) else repeats
    if not isinstance(counts, tuple) or not all(isinstance(n, int) for n in counts):
        raise TypeError(f"repeats must be an int or a tuple of ints, got {repeats!r}")
    if any(n < 0 for n in counts):
        raise ValueError(f"repeats must not be negative, got {repeats}")
    if axis is not None and not isinstance(axis, int):
        raise TypeError(f"axis must be an int or None, got {axis!r}")

    def check(label: str, x: torch.Tensor) -> None:
        if axis is not None and not -x.ndim <= axis < x.ndim:
            reject(label, f"an axis {axis}", x)
        length = x.numel() if axis is None else x.shape[axis]
        if len(counts) not in (1, length):
            reject(label, f"{len(counts)} places to repeat", x)

    def repeated(x: torch.Tensor) -> torch.Tensor:
        if len(counts) == 1:
            return x.repeat_interleave(counts[0], axis)
        return x.repeat_interleave(torch.tensor(counts, device=x.device), axis)

    return apply("Repeat", repeated, x, check=check)
