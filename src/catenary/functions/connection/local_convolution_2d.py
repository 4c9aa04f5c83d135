"""Convolution with other filters at every place."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions._window import pair
from catenary.variable import Variable

__all__ = ["local_convolution_2d"]


def _check(label: str, x: torch.Tensor, W: torch.Tensor, *b: torch.Tensor) -> None:
    floating(label, x, W)
    if x.ndim != 4 or W.ndim != 6 or x.shape[1] != W.shape[3]:
        reject(label, "x (batch, in, h, w) and W (out, rows, columns, in, height, width)", x, W)
    if any(bias.shape != W.shape[:3] or bias.dtype != x.dtype for bias in b):
        reject(label, "b (out, rows, columns) of the dtype of x", x, W, *b)


def local_convolution_2d(x: Any, W: Any, b: Any = None, stride: Any = 1) -> Variable:
    """Return the products of patches of `x` with the filters that belong to their places.

    Args:
        x: Variable or array, floating, shape (batch, in, height, width).
        W: Filters, shape (out, rows, columns, in, filter height, filter width).
        b: Bias, shape (out, rows, columns), or None.
        stride: Distance of the patches, an int or a pair.

    Returns:
        Variable of shape (batch, out, rows, columns).

    Raises:
        InvalidType: The shapes do not fit.
    """
    step = pair(stride)

    def convolve(x: torch.Tensor, W: torch.Tensor, *b: torch.Tensor) -> torch.Tensor:
        _, rows, columns, _, height, width = W.shape
        patches = x.unfold(2, height, step[0]).unfold(3, width, step[1])
        y = torch.einsum("nchwij,ohwcij->nohw", patches[:, :, :rows, :columns], W.to(x.dtype))
        return y + b[0] if b else y

    inputs = (x, W) if b is None else (x, W, b)
    return apply("LocalConvolution2DFunction", convolve, *inputs, check=_check)
