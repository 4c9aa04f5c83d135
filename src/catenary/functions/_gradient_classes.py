"""Chainer's classes of gradients: what `backward` of a function class applies, for programs.

A program that changes the gradient of a layer writes `LinearGradWeight(dtype).apply((x, gy))` in
its own `backward`. Here they are derivatives of our functions, and can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy

from catenary.function_node import grad
from catenary.functions._node_class import make_class
from catenary.functions.array.cast import cast
from catenary.functions.array.resize_images import resize_images
from catenary.functions.connection.convolution_2d import convolution_2d
from catenary.functions.math.matmul import matmul
from catenary.variable import Variable

__all__ = ["install"]


def _linear_in_data(W: Any, gy: Any) -> Variable:
    return cast(matmul(gy, W), gy.dtype)


def _linear_in_weight(x: Any, gy: Any, w_dtype: Any) -> Variable:
    return cast(matmul(gy, x, transa=True), w_dtype)


def _of_linear(function: Callable[[Any], Any], shape: Any, dtype: Any, gy: Any) -> Any:
    """Return the gradient of a linear function: the same wherever it is taken."""
    at = Variable(numpy.zeros(shape, dtype))
    return grad([function(at)], [at], [gy], enable_double_backprop=True)[0]


def _convolution_in_filters(
    x: Any, gy: Any, conv2d: Any, w_shape: Any, w_dtype: Any, w_layout: Any = None
) -> Any:
    def convolve(W: Any) -> Variable:
        return convolution_2d(
            x,
            W,
            None,
            (conv2d.sy, conv2d.sx),
            (conv2d.ph, conv2d.pw),
            conv2d.cover_all,
            dilate=(conv2d.dy, conv2d.dx),
            groups=conv2d.groups,
        )

    return _of_linear(convolve, w_shape, w_dtype, gy)


def _resizing(gy: Any, input_shape: Any, output_shape: Any, mode: str, align_corners: bool) -> Any:
    def resize(x: Any) -> Variable:
        return resize_images(x, output_shape, mode=mode, align_corners=align_corners)

    return _of_linear(resize, input_shape, gy.dtype, gy)


def install() -> None:
    """Put every class into its module."""
    make_class("array.resize_images", "ResizeImagesGrad", _resizing)
    place = "connection.convolution_2d"
    make_class(place, "Convolution2DGradW", _convolution_in_filters, arrays=2)
    make_class("connection.linear", "LinearGradData", _linear_in_data, arrays=2)
    make_class("connection.linear", "LinearGradWeight", _linear_in_weight, arrays=2)
