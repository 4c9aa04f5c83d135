"""Convolution over images."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions._window import pair, tail
from catenary.variable import Variable

__all__ = ["convolution_2d"]


def convolution_2d(
    x: Any,
    W: Any,
    b: Any = None,
    stride: Any = 1,
    pad: Any = 0,
    cover_all: bool = False,
    *,
    dilate: Any = 1,
    groups: int = 1,
) -> Variable:
    """Return the cross-correlation of images with filters, plus a bias, in the dtype of `x`.

    Args:
        x: Variable or array, floating, shape (batch, in, height, width).
        W: Filters, shape (out, in / groups, filter height, filter width).
        b: Bias, shape (out,), or None.
        stride: Step of the filters, int or pair.
        pad: Zeros put around the image, int or pair.
        cover_all: Add zeros below and to the right until every pixel is covered.
        dilate: Distance of the filters' taps, int or pair.
        groups: Number of groups that do not see each other.

    Raises:
        InvalidType: The shapes do not fit.
    """
    step, border, spread = pair(stride), pair(pad), pair(dilate)

    def check(label: str, x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> None:
        floating(label, x, W)
        if x.ndim != 4 or W.ndim != 4 or x.shape[1] != W.shape[1] * groups:
            reject(label, f"x (batch, in, h, w) and W (out, in/{groups}, kh, kw)", x, W)
        if b is not None and tuple(b.shape) != (W.shape[0],):
            reject(label, f"b of shape ({W.shape[0]},)", x, W, b)

    def convolve(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
        out = x.dtype
        if W.dtype != out:
            wide = torch.promote_types(out, W.dtype)
            x, W, b = x.to(wide), W.to(wide), None if b is None else b.to(wide)
        if cover_all:
            size = [s * (k - 1) + 1 for s, k in zip(spread, W.shape[2:], strict=True)]
            x = tail(x, size, step, border, 0.0)
        y = torch.nn.functional.conv2d(x, W, b, step, border, spread, groups)
        return y.to(out)

    inputs = (x, W) if b is None else (x, W, b)
    return apply("Convolution2DFunction", convolve, *inputs, check=check)
