"""Images whose channels move in different directions."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions._window import pair
from catenary.variable import Variable

__all__ = ["shift"]


def shift(x: Any, ksize: Any = 3, dilate: Any = 1) -> Variable:
    """Return groups of channels, each moved to one place of a window; the last stays in the middle.

    Args:
        x: Variable or array, floating, shape (batch, channel, height, width), with at least one
            channel for each place of the window.
        ksize: Height and width of the window, odd, an int or a pair.
        dilate: Distance of the window's places, an int or a pair.

    Raises:
        ValueError: `ksize` is even.
        InvalidType: There are too few channels.
    """
    (kh, kw), (dy, dx) = pair(ksize), pair(dilate)
    if kh % 2 == 0 or kw % 2 == 0:
        raise ValueError(f"ksize must be odd, got {ksize!r}")
    places = [(row - kh // 2, column - kw // 2) for row in range(kh) for column in range(kw)]
    middle = len(places) // 2
    places[middle], places[-1] = places[-1], places[middle]

    def check(label: str, x: torch.Tensor) -> None:
        floating(label, x)
        if x.ndim != 4 or x.shape[1] < len(places):
            reject(label, f"four axes and at least {len(places)} channels", x)

    def moved(x: torch.Tensor) -> torch.Tensor:
        high, wide = x.shape[2:]
        border_y, border_x = kh // 2 * abs(dy), kw // 2 * abs(dx)
        framed = torch.nn.functional.pad(x, (border_x, border_x, border_y, border_y))
        size = x.shape[1] // len(places)
        parts = []
        for number, (row, column) in enumerate(places):
            top, left = border_y - row * dy, border_x - column * dx
            end = (number + 1) * size if number < len(places) - 1 else None
            channels = slice(number * size, end)
            parts.append(framed[:, channels, top : top + high, left : left + wide])
        return torch.cat(parts, 1)

    return apply("Shift", moved, x, check=check)
