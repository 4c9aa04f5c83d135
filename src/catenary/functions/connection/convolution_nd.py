"""Convolution over one, two or three axes."""

from __future__ import annotations

from typing import Any

from catenary.functions._window import over
from catenary.functions.connection._convolution import convolve
from catenary.variable import Variable

__all__ = ["convolution_1d", "convolution_3d", "convolution_nd"]


def convolution_nd(
    x: Any,
    W: Any,
    b: Any = None,
    stride: Any = 1,
    pad: Any = 0,
    cover_all: bool = False,
    dilate: Any = 1,
    groups: int = 1,
) -> Variable:
    """Return the cross-correlation with filters over all axes but the first two, plus a bias.

    Args:
        x: Variable or array, floating, shape (batch, in, ...), one to three axes after these.
        W: Filters, shape (out, in / groups, ...).
        b: Bias, shape (out,), or None.
        stride: Step of the filters, int or one int an axis, as the next two.
        pad: Zeros put around the input.
        cover_all: Add zeros at the ends until every place is covered.
        dilate: Distance of the filters' taps.
        groups: Number of groups that do not see each other.

    Raises:
        ValueError: There are more than three axes.
        InvalidType: The shapes do not fit.
    """
    axes = len(x.shape) - 2
    return convolve("ConvolutionND", axes, x, W, b, stride, pad, cover_all, dilate, groups)


convolution_1d = over(1, convolution_nd)
"""Convolve signals (batch, channel, length); see :func:`convolution_nd`."""
convolution_3d = over(3, convolution_nd)
"""Convolve volumes (batch, channel, depth, height, width); see :func:`convolution_nd`."""
