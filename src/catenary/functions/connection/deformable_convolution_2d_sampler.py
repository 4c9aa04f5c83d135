"""Convolution whose filters' taps move from place to place."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions._window import pair
from catenary.variable import Variable

__all__ = ["deformable_convolution_2d_sampler"]


def _check(
    label: str, x: torch.Tensor, offset: torch.Tensor, W: torch.Tensor, *b: torch.Tensor
) -> None:
    floating(label, x, offset, W, *b)
    fits = x.ndim == offset.ndim == W.ndim == 4 and x.shape[1] == W.shape[1]
    if not fits or len(x) != len(offset):
        reject(label, "x (batch, in, h, w), offset (batch, 2 taps, h', w'), W (out, in, ...)", x, W)


def deformable_convolution_2d_sampler(
    x: Any, offset: Any, W: Any, b: Any = None, stride: Any = 1, pad: Any = 0
) -> Variable:
    """Return the cross-correlation with filters each of whose taps is moved by an offset.

    Pixels are interpolated bilinearly; outside the padded image there are zeros.

    Args:
        x: Variable or array, floating, shape (batch, in, height, width).
        offset: How far each tap moves, shape (batch, 2 taps, rows, columns): to the right, first,
            and down.
        W: Filters, shape (out, in, filter height, filter width).
        b: Bias, shape (out,), or None.
        stride: Step of the filters, int or pair.
        pad: Zeros put around the image, int or pair.

    Returns:
        Variable of shape (batch, out, rows, columns).

    Raises:
        ValueError: `offset` has not two numbers for each tap.
    """
    height, width = W.shape[2:]
    if offset.shape[1] != 2 * height * width:
        raise ValueError(
            f"offset needs {2 * height * width} channels for filters of {height} x {width} taps, "
            f"got shape {tuple(offset.shape)}"
        )
    (sy, sx), (py, px) = pair(stride), pair(pad)

    def convolve(
        x: torch.Tensor, offset: torch.Tensor, W: torch.Tensor, *b: torch.Tensor
    ) -> torch.Tensor:
        taps = height * width
        framed = torch.nn.functional.pad(x, (px, px, py, py))
        rows, columns = offset.shape[2:]
        down, right = (torch.arange(n, device=x.device, dtype=x.dtype) for n in (height, width))
        top, left = (
            torch.arange(n, device=x.device, dtype=x.dtype) * step
            for n, step in ((rows, sy), (columns, sx))
        )
        across = offset[:, :taps] + left + right.repeat(height)[:, None, None]
        along = offset[:, taps:] + top[:, None] + down.repeat_interleave(width)[:, None, None]
        high, wide = framed.shape[2:]
        grid = torch.stack((across / (wide - 1), along / (high - 1)), -1).flatten(2, 3) * 2 - 1
        pixels = torch.nn.functional.grid_sample(framed, grid, align_corners=True)
        y = torch.einsum("nitp,oit->nop", pixels, W.flatten(2))
        y = y.reshape(*y.shape[:2], rows, columns)
        return y + b[0][:, None, None] if b else y

    inputs = (x, offset, W) if b is None else (x, offset, W, b)
    return apply("DeformableConvolution2DSampler", convolve, *inputs, check=_check)
