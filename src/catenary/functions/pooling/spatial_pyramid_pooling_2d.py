"""Maxima over an image, its quarters, their quarters, and so on."""

from __future__ import annotations

from typing import Any

from catenary.functions.array.concat import concat
from catenary.functions.array.reshape import reshape
from catenary.functions.pooling.max_pooling_nd import max_pooling_2d
from catenary.variable import Variable

__all__ = ["spatial_pyramid_pooling_2d"]


def spatial_pyramid_pooling_2d(x: Any, pyramid_height: int, pooling: str | None = None) -> Variable:
    """Return the maxima over 1, 4, 16, ... parts of the image, as channels of one pixel.

    Args:
        x: Variable or array, floating, shape (batch, channel, height, width).
        pyramid_height: Number of levels.
        pooling: ``"max"``, the only kind.

    Returns:
        Variable of shape (batch, channel · (4^levels − 1) / 3, 1, 1).

    Raises:
        ValueError: `pooling` is something else.
    """
    if pooling != "max":
        raise ValueError(f"pooling must be 'max', got {pooling!r}")
    levels = []
    for level in range(pyramid_height):
        parts = 2**level
        ksize = [-(-length // parts) for length in x.shape[2:]]
        pad = [(k * parts - n) // 2 for k, n in zip(ksize, x.shape[2:], strict=True)]
        y = max_pooling_2d(x, ksize, None, pad, True)
        levels.append(reshape(y, (len(x), -1, 1, 1)))
    return concat(levels)
