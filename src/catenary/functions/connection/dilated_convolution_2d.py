"""Convolution over images with holes in the filters."""

from __future__ import annotations

from typing import Any

from catenary.functions.connection.convolution_2d import convolution_2d
from catenary.variable import Variable

__all__ = ["dilated_convolution_2d"]


def dilated_convolution_2d(
    x: Any,
    W: Any,
    b: Any = None,
    stride: Any = 1,
    pad: Any = 0,
    dilate: Any = 1,
    cover_all: bool = False,
) -> Variable:
    """Return :func:`catenary.functions.convolution_2d` with the arguments in this order."""
    return convolution_2d(x, W, b, stride, pad, cover_all, dilate=dilate)
