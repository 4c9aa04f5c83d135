"""Sizes of windows that slide over images, with Chainer's meaning of `cover_all`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

__all__ = [
    "as_tuple",
    "covering",
    "framed",
    "pair",
    "require_axes",
    "spread_length",
    "tail",
    "windows",
]

Ints = Sequence[int]


def as_tuple(value: Any, axes: int) -> tuple[int, ...]:
    """Return a tuple of ints: itself, or an int as often as there are axes."""
    if not hasattr(value, "__getitem__"):
        return (int(value),) * axes
    values = tuple(int(v) for v in value)
    if len(values) != axes:
        raise ValueError(f"an int or {axes} ints are needed, got {value!r}")
    return values


def pair(value: Any) -> tuple[int, int]:
    """Return a pair of ints: itself, or an int twice."""
    first, second = as_tuple(value, 2)
    return first, second


def require_axes(x: Any, axes: int) -> None:
    """Refuse arrays with another number of axes after batch and channel.

    Raises:
        ValueError: There are more or fewer.
    """
    if len(x.shape) != axes + 2:
        raise ValueError(f"x must have {axes} axes after batch and channel, got shape {x.shape}")


def covering(length: int, window: int, step: int, border: int) -> int:
    """Return how many windows it takes to cover every place of an axis."""
    return (length + 2 * border - window + step - 1) // step + 1


def windows(length: int, window: int, step: int, border: int, cover_all: bool) -> int:
    """Return how many windows there are along an axis."""
    slack = step - 1 if cover_all else 0
    return (length + 2 * border - window + slack) // step + 1


def spread_length(count: int, window: int, step: int, border: int, cover_all: bool = False) -> int:
    """Return the shortest axis that `count` windows slide over."""
    return step * (count - 1) + window - 2 * border - (step - 1 if cover_all else 0)


def tail(x: torch.Tensor, window: Ints, step: Ints, border: Ints, value: float) -> torch.Tensor:
    """Append `value` at the end of each axis until windows of ordinary stepping cover the image."""
    missing = [
        max(0, (covering(n, k, s, p) - 1) * s + k - n - 2 * p)
        for n, k, s, p in zip(x.shape[2:], window, step, border, strict=True)
    ]
    return _padded(x, [0] * len(missing), missing, value) if any(missing) else x


def framed(x: torch.Tensor, border: Ints, value: float) -> torch.Tensor:
    """Return the image in a border of `value`."""
    return _padded(x, border, border, value) if any(border) else x


def _padded(x: torch.Tensor, before: Ints, after: Ints, value: float) -> torch.Tensor:
    widths: list[int] = []
    for first, last in zip(reversed(before), reversed(after), strict=True):
        widths += [first, last]
    return torch.nn.functional.pad(x, widths, value=value)
