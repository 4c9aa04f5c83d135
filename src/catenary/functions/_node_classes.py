"""The classes that Chainer's functions are made of, by module; :mod:`._node_class` makes them.

A line of the tables names a module, a class, and, where that is not the module's own, the function.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from catenary.config import using_config
from catenary.functions import _gradient_classes
from catenary.functions._node_class import make_class
from catenary.functions.array.cast import cast
from catenary.functions.array.copy import copy
from catenary.functions.array.get_item import get_item
from catenary.functions.array.resize_images import resize_images
from catenary.functions.array.split_axis import split_axis
from catenary.functions.array.swapaxes import swapaxes
from catenary.functions.array.where import where
from catenary.functions.connection.convolution_nd import convolution_nd
from catenary.functions.connection.deconvolution_nd import deconvolution_nd
from catenary.functions.connection.linear import linear
from catenary.functions.loss.softmax_cross_entropy import softmax_cross_entropy
from catenary.functions.math.basic_math import add
from catenary.functions.math.matmul import matmul
from catenary.functions.noise.dropout import dropout
from catenary.functions.normalization.batch_normalization import (
    batch_normalization,
    fixed_batch_normalization,
)
from catenary.functions.pooling.average_pooling_2d import average_pooling_2d
from catenary.functions.pooling.max_pooling_nd import max_pooling_nd
from catenary.functions.pooling.unpooling_nd import unpooling_nd
from catenary.functions.pooling.upsampling_2d import upsampling_2d

__all__ = ["install"]

# One array in; the rest of the function's arguments are the constructor's.
_OF_ONE = """
activation.clipped_relu ClippedReLU
activation.crelu CReLU
activation.elu ELU
activation.hard_sigmoid HardSigmoid
activation.leaky_relu LeakyReLU
activation.log_softmax LogSoftmax
activation.relu ReLU
activation.sigmoid Sigmoid
activation.softmax Softmax
activation.softplus Softplus
activation.tanh Tanh
array.broadcast BroadcastTo broadcast_to
array.cast Cast
array.depth2space Depth2Space
array.diagonal Diagonal
array.expand_dims ExpandDims
array.flip Flip
array.fliplr FlipLR
array.flipud FlipUD
array.im2col Im2Col
array.moveaxis Moveaxis
array.pad Pad
array.repeat Repeat
array.reshape Reshape
array.rollaxis Rollaxis
array.space2depth Space2Depth
array.squeeze Squeeze
array.swapaxes Swapaxes
array.tile Tile
array.transpose Transpose
math.basic_math Absolute absolute
math.clip Clip
math.cumprod Cumprod
math.cumsum Cumsum
math.det BatchDet batch_det
math.exponential Exp exp
math.exponential Log log
math.identity Identity
math.inv Inv
math.logsumexp LogSumExp
math.minmax ArgMax argmax
math.minmax ArgMin argmin
math.minmax Max max
math.minmax Min min
math.prod Prod
math.sqrt Sqrt
math.square Square
math.sum Sum
math.trigonometric Cos cos
math.trigonometric Sin sin
normalization.l2_normalization NormalizeL2 normalize
normalization.local_response_normalization LocalResponseNormalization
connection.shift Shift
pooling.unpooling_2d Unpooling2D
"""
# Two arrays in, or as many as the line says.
_OF_MORE = """
activation.prelu PReLUFunction prelu
array.select_item SelectItem
connection.bilinear BilinearFunction bilinear 6
connection.convolution_2d Convolution2DFunction convolution_2d 3
connection.deconvolution_2d Deconvolution2DFunction deconvolution_2d 3
connection.embed_id EmbedIDFunction
evaluation.accuracy Accuracy
loss.absolute_error AbsoluteError
loss.huber_loss HuberLoss
loss.mean_absolute_error MeanAbsoluteError
loss.mean_squared_error MeanSquaredError
loss.sigmoid_cross_entropy SigmoidCrossEntropy
loss.squared_error SquaredError
math.linear_interpolate LinearInterpolate linear_interpolate 3
math.maximum Maximum
math.minimum Minimum
normalization.layer_normalization LayerNormalization layer_normalization 3
rnn.lstm LSTM
"""
_OF_A_LIST = """
array.concat Concat
array.dstack Dstack
array.hstack Hstack
array.stack Stack
array.vstack Vstack
"""
_NUMBER = r"[^_].*"


def _get_item(x: Any, slices: Any) -> Any:
    return get_item(x, slices)


def _copied(x: Any, in_device: Any, out_device: Any) -> Any:
    return copy(x, out_device)


def _resize_images(x: Any, output_shape: Any, mode: str, align_corners: bool) -> Any:
    return resize_images(x, output_shape, mode=mode, align_corners=align_corners)


def _split_axis(x: Any, indices_or_sections: Any, axis: int) -> Any:
    return split_axis(x, indices_or_sections, axis)


def _where(x: Any, y: Any, condition: Any) -> Any:
    return where(condition, x, y)


def _linear(x: Any, W: Any, b: Any = None) -> Any:
    return linear(x, W, b)


def _softmax_cross_entropy(
    x: Any,
    t: Any,
    normalize: bool = True,
    cache_score: bool = True,
    class_weight: Any = None,
    ignore_label: int = -1,
    reduce: str = "mean",
    soft_target_loss: str = "cross-entropy",
) -> Any:
    return softmax_cross_entropy(
        x,
        t,
        normalize,
        cache_score,
        class_weight,
        ignore_label,
        reduce,
        soft_target_loss=soft_target_loss,
    )


def _matmul(
    a: Any,
    b: Any,
    transa: bool = False,
    transb: bool = False,
    transc: bool = False,
    dtype: Any = None,
) -> Any:
    y = matmul(a, b, transa, transb)
    y = y if not transc or y.ndim < 2 else swapaxes(y, -1, -2)
    return y if dtype is None else cast(y, dtype)


def _dropout(x: Any, dropout_ratio: float, mask: Any = None, return_mask: bool = False) -> Any:
    with using_config("train", True):
        return dropout(x, dropout_ratio, mask=mask)


def _batch_normalization(
    x: Any,
    gamma: Any,
    beta: Any,
    eps: float = 2e-5,
    mean: Any = None,
    var: Any = None,
    decay: float = 0.9,
    axis: Any = None,
) -> Any:
    return batch_normalization(
        x, gamma, beta, eps=eps, running_mean=mean, running_var=var, decay=decay, axis=axis
    )


def _average_pooling_2d(
    x: Any,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    return average_pooling_2d(x, ksize, stride, pad)


def _over_axes(function: Callable[..., Any], x: Any, ndim: int, args: tuple[Any, ...]) -> Any:
    if x.ndim != ndim + 2:
        raise ValueError(f"{ndim} axes after batch and channel were announced, got {x.shape}")
    return function(x, *args)


def _convolution_nd(
    x: Any,
    W: Any,
    b: Any = None,
    ndim: int = 2,
    stride: Any = 1,
    pad: Any = 0,
    cover_all: bool = False,
    dilate: Any = 1,
    groups: int = 1,
) -> Any:
    return _over_axes(convolution_nd, x, ndim, (W, b, stride, pad, cover_all, dilate, groups))


def _deconvolution_nd(
    x: Any,
    W: Any,
    b: Any = None,
    ndim: int = 2,
    stride: Any = 1,
    pad: Any = 0,
    outsize: Any = None,
    dilate: Any = 1,
    groups: int = 1,
) -> Any:
    return _over_axes(deconvolution_nd, x, ndim, (W, b, stride, pad, outsize, dilate, groups))


def _max_pooling_nd(
    x: Any,
    ndim: int,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    return _over_axes(max_pooling_nd, x, ndim, (ksize, stride, pad, cover_all))


def _unpooling_nd(
    x: Any,
    ndim: int,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    outsize: Any = None,
    cover_all: bool = True,
) -> Any:
    return _over_axes(unpooling_nd, x, ndim, (ksize, stride, pad, outsize, cover_all))


def install() -> None:
    """Put every class into its module."""
    for table, arrays in ((_OF_ONE, 1), (_OF_MORE, 2), (_OF_A_LIST, 1)):
        for line in table.split("\n"):
            if line:
                place, name, *rest = line.split()
                module = importlib.import_module(f"catenary.functions.{place}")
                function = getattr(module, rest[0] if rest else place.rpartition(".")[2])
                count = int(rest[1]) if len(rest) > 1 else arrays
                label = {"Absolute": r"\|_\|", "Sin": "sin", "Cos": "cos", "Exp": "exp"}.get(name)
                takes_list = table is _OF_A_LIST
                make_class(place, name, function, arrays=count, takes_list=takes_list, label=label)
    _install_adapted()
    _install_operators()
    _gradient_classes.install()


def _install_adapted() -> None:
    """Make the classes whose constructors say it in other words than the functions."""
    make_class("array.copy", "Copy", _copied)
    make_class("array.get_item", "GetItem", _get_item)
    make_class("array.resize_images", "ResizeImages", _resize_images)
    make_class("array.split_axis", "SplitAxis", _split_axis)
    make_class("array.where", "Where", _where, arrays=2)
    make_class("connection.convolution_nd", "ConvolutionND", _convolution_nd, arrays=3)
    make_class("connection.deconvolution_nd", "DeconvolutionND", _deconvolution_nd, arrays=3)
    make_class("connection.linear", "LinearFunction", _linear, arrays=3)
    place = "loss.softmax_cross_entropy"
    make_class(place, "SoftmaxCrossEntropy", _softmax_cross_entropy, arrays=2)
    make_class("math.matmul", "MatMul", _matmul, arrays=2)
    make_class("noise.dropout", "Dropout", _dropout)
    place = "normalization.batch_normalization"
    make_class(place, "BatchNormalization", _batch_normalization, arrays=3)
    make_class(place, "FixedBatchNormalization", fixed_batch_normalization, arrays=5)
    make_class("pooling.average_pooling_2d", "AveragePooling2D", _average_pooling_2d)
    make_class("pooling.max_pooling_nd", "MaxPoolingND", _max_pooling_nd)
    make_class("pooling.unpooling_nd", "UnpoolingND", _unpooling_nd)
    make_class("pooling.upsampling_2d", "Upsampling2D", upsampling_2d)


def _install_operators() -> None:
    """Make the classes of Variable's operators."""
    place = "math.basic_math"
    make_class(place, "Add", add, arrays=2, label=r"_ \+ _")
    make_class(place, "Sub", lambda x, y: x - y, arrays=2, label="_ - _")
    make_class(place, "Mul", lambda x, y: x * y, arrays=2, label=r"_ \* _")
    make_class(place, "Div", lambda x, y: x / y, arrays=2, label="_ / _")
    make_class(place, "Neg", lambda x: -x, label="__neg__")
    make_class(place, "AddConstant", lambda x, value: x + value, label=rf"_ \+ {_NUMBER}")
    make_class(place, "SubFromConstant", lambda x, value: value - x, label=rf"{_NUMBER} - _")
    make_class(place, "MulConstant", lambda x, value: x * value, label=rf"_ \* {_NUMBER}")
    make_class(place, "DivFromConstant", lambda x, value: value / x, label=rf"{_NUMBER} / _")
    make_class(place, "PowVarConst", lambda x, value: x**value, label=rf"_ \*\* {_NUMBER}")
