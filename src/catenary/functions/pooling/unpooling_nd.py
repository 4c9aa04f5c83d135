"""Each value over the whole window that it stands for."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions._window import over
from catenary.functions.connection._convolution import TRANSPOSES
from catenary.functions.pooling._spreading import Spreading
from catenary.variable import Variable

__all__ = ["unpooled", "unpooling_1d", "unpooling_3d", "unpooling_nd"]


def unpooled(
    label: str, x: Any, ksize: Any, stride: Any, pad: Any, outsize: Any, cover_all: bool
) -> Variable:
    """Return images in which every value of `x` fills its window; windows that overlap add up."""
    spreading = Spreading(x, ksize, stride, pad, outsize, cover_all)

    def repeated(x: torch.Tensor) -> torch.Tensor:
        sizes = list(spreading.canvas(x.shape[2:]))
        return spreading.cut(torch.nn.functional.interpolate(x, sizes))

    def added(x: torch.Tensor) -> torch.Tensor:
        channels = x.shape[1]
        ones = x.new_ones((channels, 1, *spreading.window))
        y = TRANSPOSES[spreading.axes](x, ones, stride=spreading.step, groups=channels)
        return spreading.cut(y)

    # Windows that lie side by side are copies; those that overlap or leave gaps are sums.
    fill = repeated if spreading.step == spreading.window else added
    return apply(label, fill, x, check=spreading.check)


def unpooling_nd(
    x: Any,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    outsize: Any = None,
    cover_all: bool = True,
) -> Variable:
    """Return images in which every value of `x` fills its window; windows that overlap add up.

    Args:
        x: Variable or array, floating, shape (batch, channel, ...), one to three axes after these.
        ksize: Size of the window, int or one int an axis, as the next two.
        stride: Step of the window; its size if omitted.
        pad: Border of the image that the windows saw.
        outsize: Sizes of the result; by default the smallest possible.
        cover_all: Whether the last windows may have reached beyond the image.

    Raises:
        ValueError: There are more than three axes.
        InvalidType: `outsize` does not fit.
    """
    return unpooled("UnpoolingND", x, ksize, stride, pad, outsize, cover_all)


unpooling_1d = over(1, unpooling_nd)
"""Unpool signals (batch, channel, length); see :func:`unpooling_nd`."""
unpooling_3d = over(3, unpooling_nd)
"""Unpool volumes (batch, channel, depth, height, width); see :func:`unpooling_nd`."""
