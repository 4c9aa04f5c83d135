"""Convolution of each channel by itself."""

from __future__ import annotations

from typing import Any

from catenary.functions.array.reshape import reshape
from catenary.functions.array.transpose import transpose
from catenary.functions.connection.convolution_2d import convolution_2d
from catenary.variable import Variable

__all__ = ["depthwise_convolution_2d"]


def depthwise_convolution_2d(
    x: Any, W: Any, b: Any = None, stride: Any = 1, pad: Any = 0
) -> Variable:
    """Return each channel's cross-correlation with filters of its own.

    Args:
        x: Variable or array, floating, shape (batch, in, height, width).
        W: Filters, shape (filters a channel, in, filter height, filter width).
        b: Bias, shape (filters a channel · in,), or None.
        stride: Step of the filters, int or pair.
        pad: Zeros put around the image, int or pair.

    Returns:
        Variable of shape (batch, in · filters a channel, ...): all of channel 0 first.
    """
    multiplier, channels, height, width = W.shape
    filters = reshape(transpose(W, (1, 0, 2, 3)), (multiplier * channels, 1, height, width))
    return convolution_2d(x, filters, b, stride, pad, groups=channels)
