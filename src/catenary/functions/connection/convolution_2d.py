"""Convolution over images."""

from __future__ import annotations

from typing import Any

from catenary.functions.connection._convolution import convolve
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
    label = "Convolution2DFunction"
    return convolve(label, 2, x, W, b, stride, pad, cover_all, dilate, groups)
