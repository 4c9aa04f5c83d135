"""Windows of images as columns."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions._window import framed, pair, tail
from catenary.variable import Variable

__all__ = ["im2col"]


def _check(label: str, x: torch.Tensor) -> None:
    floating(label, x)
    if x.ndim != 4:
        reject(label, "x of shape (batch, channel, height, width)", x)


def im2col(
    x: Any,
    ksize: Any,
    stride: Any = 1,
    pad: Any = 0,
    cover_all: bool = False,
    dilate: Any = 1,
) -> Variable:
    """Return the values that windows see, shape (batch, channel · kh · kw, windows, windows).

    Args:
        x: Variable or array, floating, shape (batch, channel, height, width).
        ksize: Size of the window, int or pair.
        stride: Step of the window, int or pair.
        pad: Border of zeros around the image, int or pair.
        cover_all: Add windows below and to the right until every pixel is in one.
        dilate: Distance of a window's taps, int or pair.
    """
    window, step, border, spread = (pair(v) for v in (ksize, stride, pad, dilate))

    def columns(x: torch.Tensor) -> torch.Tensor:
        size = [s * (k - 1) + 1 for s, k in zip(spread, window, strict=True)]
        x = tail(x, size, step, border, 0.0) if cover_all else x
        seen = framed(x, border, 0.0).unfold(2, size[0], step[0]).unfold(3, size[1], step[1])
        taps = seen[..., :: spread[0], :: spread[1]].permute(0, 1, 4, 5, 2, 3)
        return taps.flatten(1, 3)

    return apply("Im2Col", columns, x, check=_check)
