"""Maximum over windows of an image."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, apply_many, floating
from catenary.functions._window import pair, tail

__all__ = ["max_pooling_2d"]


def max_pooling_2d(
    x: Any,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    """Return the largest value in each window.

    Args:
        x: Variable or array, floating, shape (batch, channel, height, width).
        ksize: Size of the window, int or pair.
        stride: Step of the window, int or pair; its size if omitted.
        pad: Border of −∞ around the image, int or pair.
        cover_all: Add windows below and to the right until every pixel is in one.
        return_indices: Also return where in its window each value was found, as an int64 array.

    Raises:
        ValueError: `x` has other axes.
        InvalidType: `x` is not floating.
    """
    if len(x.shape) != 4:
        raise ValueError(
            f"max_pooling_2d takes images of shape (batch, channel, height, width), got {x.shape}"
        )
    window, border = pair(ksize), pair(pad)
    step = window if stride is None else pair(stride)

    def largest(x: torch.Tensor) -> torch.Tensor:
        x, rest = _framed(x, window, step, border, cover_all)
        return torch.nn.functional.max_pool2d(x, window, step, rest)

    def located(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, rest = _framed(x, window, step, border, cover_all)
        y, places = torch.nn.functional.max_pool2d(x, window, step, rest, return_indices=True)
        rows, columns = places // x.shape[3], places % x.shape[3]
        top = torch.arange(y.shape[2], device=x.device).mul(step[0]).sub(rest[0])
        left = torch.arange(y.shape[3], device=x.device).mul(step[1]).sub(rest[1])
        return y, (rows - top[:, None]) * window[1] + (columns - left)

    if return_indices:
        y, places = apply_many("MaxPoolingND", located, x, check=floating)
        return y, places.array
    return apply("MaxPoolingND", largest, x, check=floating)


def _framed(
    x: torch.Tensor,
    window: tuple[int, int],
    step: tuple[int, int],
    border: tuple[int, int],
    cover_all: bool,
) -> tuple[torch.Tensor, tuple[int, int]]:
    """Return the image with what torch cannot add by itself, and the border that it can."""
    if cover_all:
        x = tail(x, window, step, border, -torch.inf)
    if all(2 * p <= k for p, k in zip(border, window, strict=True)):
        return x, border
    top, left = border
    return torch.nn.functional.pad(x, (left, left, top, top), value=-torch.inf), (0, 0)
