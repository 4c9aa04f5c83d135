"""Sizes of windows that slide over images, with Chainer's meaning of `cover_all`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

__all__ = ["covering", "pair", "tail"]


def pair(value: Any) -> tuple[int, int]:
    """Return a pair of ints: itself, or an int twice."""
    if hasattr(value, "__getitem__"):
        first, second = value
        return int(first), int(second)
    return int(value), int(value)


def covering(length: int, window: int, step: int, border: int) -> int:
    """Return how many windows it takes to cover every place of an axis."""
    return (length + 2 * border - window + step - 1) // step + 1


def tail(
    x: torch.Tensor,
    window: Sequence[int],
    step: Sequence[int],
    border: Sequence[int],
    value: float,
) -> torch.Tensor:
    """Append `value` below and to the right until windows of ordinary stepping cover the image."""
    missing = [
        max(0, (covering(n, k, s, p) - 1) * s + k - n - 2 * p)
        for n, k, s, p in zip(x.shape[2:], window, step, border, strict=True)
    ]
    if not any(missing):
        return x
    return torch.nn.functional.pad(x, (0, missing[1], 0, missing[0]), value=value)
