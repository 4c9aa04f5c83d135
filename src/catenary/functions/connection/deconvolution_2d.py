"""Transposed convolution over images."""

from __future__ import annotations

from typing import Any

from catenary.functions.connection._convolution import deconvolve
from catenary.variable import Variable

__all__ = ["deconvolution_2d"]


def deconvolution_2d(
    x: Any,
    W: Any,
    b: Any = None,
    stride: Any = 1,
    pad: Any = 0,
    outsize: Any = None,
    *,
    dilate: Any = 1,
    groups: int = 1,
) -> Variable:
    """Return the images whose convolution has the size of `x`, each pixel of `x` spreading W.

    Args:
        x: Variable or array, floating, shape (batch, in, height, width).
        W: Filters, shape (in, out / groups, filter height, filter width).
        b: Bias, shape (out,), or None.
        stride: Step of the filters in the result, int or pair.
        pad: Border cut from the result, int or pair.
        outsize: Height and width of the result; by default the smallest possible.
        dilate: Distance of the filters' taps, int or pair.
        groups: Number of groups that do not see each other.

    Raises:
        InvalidType: The shapes do not fit, or no convolution leads from `outsize` to `x`.
        RuntimeError: The result would be empty.
    """
    label = "Deconvolution2DFunction"
    return deconvolve(label, 2, x, W, b, stride, pad, outsize, dilate, groups)
