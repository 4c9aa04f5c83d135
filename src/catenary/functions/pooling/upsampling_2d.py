"""Values put back to where max pooling found them."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.functions._apply import apply, reject
from catenary.functions.pooling._spreading import Spreading
from catenary.variable import Variable, as_array

__all__ = ["upsampling_2d"]


def upsampling_2d(
    x: Any,
    indexes: Any,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    outsize: Any = None,
    cover_all: bool = True,
) -> Variable:
    """Return images of zeros with every value of `x` at one place of its window.

    Args:
        x: Variable or array, floating, shape (batch, channel, height, width).
        indexes: Places, as :func:`catenary.functions.max_pooling_2d` returns them: ints of the
            shape of `x`.
        ksize: Size of the window, int or pair.
        stride: Step of the window, int or pair; its size if omitted.
        pad: Border of the image that the windows saw, int or pair.
        outsize: Height and width of the result; by default the smallest possible.
        cover_all: Whether the last windows may have reached beyond the image.

    Raises:
        InvalidType: The shapes do not fit.
    """
    spreading = Spreading(x, ksize, stride, pad, outsize, cover_all)
    held = as_array(indexes)
    places = held if isinstance(held, torch.Tensor) else tensor_of(numpy.asarray(held))

    def check(label: str, x: torch.Tensor) -> None:
        if x.ndim != 4 or x.shape != places.shape:
            reject(label, "x (batch, channel, height, width), indexes of its shape", x, places)
        spreading.check(label, x)

    def spread(x: torch.Tensor) -> torch.Tensor:
        height, width = spreading.canvas(x.shape[2:])
        inside = places.long().to(x.device)
        rows = torch.arange(x.shape[2], device=x.device).mul(spreading.step[0])[:, None]
        columns = torch.arange(x.shape[3], device=x.device).mul(spreading.step[1])
        wide = spreading.window[1]
        flat = (rows + inside // wide) * width + columns + inside % wide
        empty = x.new_zeros((*x.shape[:2], height * width))
        y = empty.scatter_add(2, flat.flatten(2), x.flatten(2))
        return spreading.cut(y.reshape((*x.shape[:2], height, width)))

    return apply("Upsampling2D", spread, x, check=check)
