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
from catenary.functions.normalization.batch_normalization import (
    batch_normalization,
    fixed_batch_normalization,
)
from catenary.variable import Variable, as_variable

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


def _of_batch_normalization(
    x: Any,
    gamma: Any,
    gy: Any,
    eps: float,
    expander: Any,
    axis: Any,
    mean: Any,
    var: Any,
    inv_std: Any,
    key_axis: Any,
    impl: Any = None,
    forward_data: Any = None,
) -> Any:
    """Return the gradients at `x`, `gamma` and the shift; the rest is computed again."""
    x, gamma = _differentiable(x), _differentiable(gamma)
    shift = Variable(numpy.zeros(gamma.shape, gamma.dtype))
    y = batch_normalization(x, gamma, shift, eps=eps, axis=axis)
    return grad([y], [x, gamma, shift], [gy], enable_double_backprop=True)


def _of_fixed_batch_normalization(
    x: Any,
    gamma: Any,
    mean: Any,
    var: Any,
    gy: Any,
    eps: float,
    expander: Any,
    axis: Any,
    inv_std: Any,
    inv_var: Any,
) -> Any:
    """Return the gradients at `x`, `gamma`, the shift, `mean` and `var`."""
    x, gamma, mean, var = (_differentiable(each) for each in (x, gamma, mean, var))
    shift = Variable(numpy.zeros(gamma.shape, gamma.dtype))
    y = fixed_batch_normalization(x, gamma, shift, mean, var, eps, axis)
    return grad([y], [x, gamma, shift, mean, var], [gy], enable_double_backprop=True)


def _differentiable(x: Any) -> Variable:
    """Return a Variable that gradients reach, itself where they do."""
    variable: Variable = as_variable(x)
    return variable if variable.requires_grad else Variable(variable.array)


def install() -> None:
    """Put every class into its module."""
    make_class("array.resize_images", "ResizeImagesGrad", _resizing)
    place = "connection.convolution_2d"
    make_class(place, "Convolution2DGradW", _convolution_in_filters, arrays=2)
    make_class("connection.linear", "LinearGradData", _linear_in_data, arrays=2)
    make_class("connection.linear", "LinearGradWeight", _linear_in_weight, arrays=2)
    place = "normalization.batch_normalization"
    make_class(place, "BatchNormalizationGrad", _of_batch_normalization, arrays=3)
    make_class(place, "FixedBatchNormalizationGrad", _of_fixed_batch_normalization, arrays=5)
