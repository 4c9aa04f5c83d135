"""Each value over the whole window that it stands for, in images."""

from __future__ import annotations

from typing import Any

from catenary.functions._apply import reject
from catenary.functions.pooling.unpooling_nd import unpooled
from catenary.variable import Variable, as_variable

__all__ = ["unpooling_2d"]


def unpooling_2d(
    x: Any,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    outsize: Any = None,
    cover_all: bool = True,
) -> Variable:
    """Return images in which every value of `x` fills its window; windows that overlap add up.

    Args:
        x: Variable or array, floating, shape (batch, channel, height, width).
        ksize: Size of the window, int or pair.
        stride: Step of the window, int or pair; its size if omitted.
        pad: Border of the image that the windows saw, int or pair.
        outsize: Height and width of the result; by default the smallest possible.
        cover_all: Whether the last windows may have reached beyond the image.

    Raises:
        InvalidType: `x` is no batch of images, or `outsize` does not fit.
    """
    x = as_variable(x)
    if x.ndim != 4:
        reject("Unpooling2D", "x of shape (batch, channel, height, width)", x.tensor)
    return unpooled("Unpooling2D", x, ksize, stride, pad, outsize, cover_all)
