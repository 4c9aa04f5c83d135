"""Transposed convolution over one, two or three axes."""

from __future__ import annotations

from typing import Any

from catenary.functions._window import over
from catenary.functions.connection._convolution import deconvolve
from catenary.variable import Variable

__all__ = ["deconvolution_1d", "deconvolution_3d", "deconvolution_nd"]


def deconvolution_nd(
    x: Any,
    W: Any,
    b: Any = None,
    stride: Any = 1,
    pad: Any = 0,
    outsize: Any = None,
    dilate: Any = 1,
    groups: int = 1,
) -> Variable:
    """Return what a convolution makes `x` of, over all axes but the first two.

    Args:
        x: Variable or array, floating, shape (batch, in, ...), one to three axes after these.
        W: Filters, shape (in, out / groups, ...).
        b: Bias, shape (out,), or None.
        stride: Step of the filters in the result, int or one int an axis, as the others.
        pad: Border cut from the result.
        outsize: Sizes of the result; by default the smallest possible.
        dilate: Distance of the filters' taps.
        groups: Number of groups that do not see each other.

    Raises:
        ValueError: There are more than three axes.
        InvalidType: The shapes do not fit, or no convolution leads from `outsize` to `x`.
        RuntimeError: The result would be empty.
    """
    axes = len(x.shape) - 2
    return deconvolve("DeconvolutionND", axes, x, W, b, stride, pad, outsize, dilate, groups)


deconvolution_1d = over(1, deconvolution_nd)
"""Spread signals (batch, channel, length); see :func:`deconvolution_nd`."""
deconvolution_3d = over(3, deconvolution_nd)
"""Spread volumes (batch, channel, depth, height, width); see :func:`deconvolution_nd`."""
