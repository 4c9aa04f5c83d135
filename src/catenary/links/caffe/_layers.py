"""What each type of layer is here: Links for those with weights, functions for the others.

What goes into `forwards` are functions of a module with their arguments bound, so that networks
can be pickled and copied.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from catenary import functions as F
from catenary.config import using_config
from catenary.links.caffe import _fields as fields
from catenary.links.caffe._registry import layer as _layer
from catenary.links.connection.convolution_2d import Convolution2D
from catenary.links.connection.deconvolution_2d import Deconvolution2D
from catenary.links.connection.linear import Linear
from catenary.links.connection.scale import Scale
from catenary.links.normalization.batch_normalization import BatchNormalization

__all__: list[str] = []


def _add(net: Any, layer: Any, function: Any, **arguments: Any) -> None:
    """Let a function compute a layer; it takes the layer's inputs first."""
    net.forwards[layer.name] = functools.partial(function, **arguments) if arguments else function
    net._add_layer(layer)


def _add_link(net: Any, layer: Any, link: Any, call: Any = None) -> None:
    """Let a child of the network compute a layer; `call` says how, if not as it is."""
    with net.init_scope():
        setattr(net, layer.name, link)
    _add(net, layer, functools.partial(call or _called, net, layer.name))


def _called(net: Any, name: str, *xs: Any) -> Any:
    return net[name](*xs)


# ---- layers with weights
@_layer("Convolution", "CONVOLUTION")
def _convolution(net: Any, layer: Any) -> None:
    param, weights = layer.convolution_param, fields.blob(layer, 0)
    channels = (fields.channels(weights) * param.group, fields.num(weights))
    _add_link(net, layer, _filters(Convolution2D, layer, channels, channels[::-1]))


@_layer("Deconvolution", "DECONVOLUTION")
def _deconvolution(net: Any, layer: Any) -> None:
    param, weights = layer.convolution_param, fields.blob(layer, 0)
    channels = (fields.num(weights), fields.channels(weights) * param.group)
    _add_link(net, layer, _filters(Deconvolution2D, layer, channels, channels))


def _filters(kind: Any, layer: Any, channels: tuple[int, int], axes: tuple[int, int]) -> Any:
    param = layer.convolution_param
    ksize = fields.ksize(param)
    high, wide = ksize if isinstance(ksize, tuple) else (ksize, ksize)
    filters = fields.values(fields.blob(layer, 0))
    options = _bias(layer, param)
    return kind(
        *channels,
        ksize,
        fields.stride(param),
        fields.pad(param),
        initialW=_apart(filters, (*axes, high, wide), param.group),
        dilate=fields.dilation(param),
        **options,
    )


def _apart(
    filters: npt.NDArray[Any], shape: tuple[int, int, int, int], groups: int
) -> npt.NDArray[Any]:
    """Return filters of groups as filters of all channels: 0 from one group to another."""
    first, second = shape[0] // groups, shape[1] // groups
    W = np.zeros(shape, np.float32)
    for group, part in enumerate(filters.reshape(groups, first, second, *shape[2:])):
        W[group * first : (group + 1) * first, group * second : (group + 1) * second] = part
    return W


def _bias(layer: Any, param: Any) -> dict[str, Any]:
    if not param.bias_term:
        return {"nobias": True}
    return {"initial_bias": fields.values(fields.blob(layer, 1))}


@_layer("InnerProduct", "INNER_PRODUCT")
def _inner_product(net: Any, layer: Any) -> None:
    param, weights = layer.inner_product_param, fields.blob(layer, 0)
    if param.axis != 1:
        raise RuntimeError(
            f"InnerProduct layer {layer.name!r} multiplies along axis {param.axis}; "
            "catenary has axis 1 only, as Chainer"
        )
    shape = fields.height(weights), fields.width(weights)
    W = fields.values(weights).reshape(shape)
    _add_link(net, layer, Linear(*shape[::-1], initialW=W, **_bias(layer, param)))


@_layer("BatchNorm", None)
def _batch_norm(net: Any, layer: Any) -> None:
    param = layer.batch_norm_param
    mean, var = (fields.values(fields.blob(layer, index)) for index in (0, 1))
    if len(layer.blobs) > 2:
        # Caffe keeps sums and the weight that they have gathered, which may be 0.
        gathered = fields.values(layer.blobs[2])[0]
        share = 1 / gathered if gathered else 0
        mean, var = mean * share, var * share
    decay, eps = param.moving_average_fraction, param.eps
    link = BatchNormalization(len(mean), decay, eps, use_gamma=False, use_beta=False)
    link.avg_mean[...], link.avg_var[...] = mean, var
    _add_link(net, layer, link, _called_in_test_mode if param.use_global_stats else None)


def _called_in_test_mode(net: Any, name: str, *xs: Any) -> Any:
    with using_config("train", False):
        return net[name](*xs)


@_layer("Scale", None)
def _scale(net: Any, layer: Any) -> None:
    param = layer.scale_param
    blobs = [fields.blob(layer, i) for i in range((len(layer.bottom) == 1) + param.bias_term)]
    own = blobs[0] if len(layer.bottom) == 1 else None
    W_shape = None if own is None else fields.shape(own)
    bias_shape = fields.shape(blobs[-1]) if own is None and param.bias_term else None
    link = Scale(param.axis, W_shape, param.bias_term, bias_shape)
    if own is not None:
        link.W.array[...] = fields.values(own).reshape(fields.shape(own))
    if param.bias_term:
        link.bias.b.array[...] = fields.values(blobs[-1]).reshape(link.bias.b.shape)
    _add_link(net, layer, link)


# ---- layers without
@_layer("Data", "DATA")
def _data(net: Any, layer: Any) -> None:
    """Leave it out: the data is given to `forward`."""


@_layer("Split", "SPLIT")
def _split(net: Any, layer: Any) -> None:
    for top in layer.top:
        net.split_map[top] = layer.bottom[0]


@_layer("Concat", "CONCAT")
def _concat(net: Any, layer: Any) -> None:
    param = layer.concat_param
    axis = param.concat_dim if param.axis == 1 else param.axis
    _add(net, layer, _concatenated, axis=axis)


def _concatenated(*xs: Any, axis: int) -> Any:
    return F.concat(xs, axis)


@_layer("Dropout", "DROPOUT")
def _dropout(net: Any, layer: Any) -> None:
    _add(net, layer, F.dropout, ratio=layer.dropout_param.dropout_ratio)


@_layer("LRN", "LRN")
def _lrn(net: Any, layer: Any) -> None:
    param = layer.lrn_param
    if param.norm_region != 0:
        raise RuntimeError(
            f"LRN layer {layer.name!r} normalizes within channels; catenary has LRN across "
            "channels only, as Chainer"
        )
    alpha = param.alpha / param.local_size
    normalize = F.local_response_normalization
    _add(net, layer, normalize, n=param.local_size, k=param.k, alpha=alpha, beta=param.beta)


@_layer("Pooling", "POOLING")
def _pooling(net: Any, layer: Any) -> None:
    param = layer.pooling_param
    if param.pool not in (0, 1):
        raise RuntimeError(f"Pooling layer {layer.name!r} is stochastic, which catenary lacks")
    sizes = {"stride": fields.stride(param), "pad": fields.pad(param)}
    whole = param.global_pooling and not fields.ksize(param)
    ksize = None if whole else fields.ksize(param)
    _add(net, layer, _averaged if param.pool else _largest, ksize=ksize, **sizes)


def _largest(x: Any, ksize: Any, stride: Any, pad: Any) -> Any:
    return F.max_pooling_2d(x, x.shape[2:] if ksize is None else ksize, stride, pad)


def _averaged(x: Any, ksize: Any, stride: Any, pad: Any) -> Any:
    return F.average_pooling_2d(x, x.shape[2:] if ksize is None else ksize, stride, pad)


@_layer("ReLU", "RELU")
def _relu(net: Any, layer: Any) -> None:
    slope = layer.relu_param.negative_slope
    if slope:
        _add(net, layer, F.leaky_relu, slope=slope)
    else:
        _add(net, layer, F.relu)


@_layer("Reshape", None)
def _reshape(net: Any, layer: Any) -> None:
    _add(net, layer, _reshaped, shape=tuple(layer.reshape_param.shape.dim))


def _reshaped(x: Any, shape: Sequence[int]) -> Any:
    # A size of 0 is the input's.
    return F.reshape(x, [size or x.shape[axis] for axis, size in enumerate(shape)])


@_layer("Eltwise", "ELTWISE")
def _eltwise(net: Any, layer: Any) -> None:
    param = layer.eltwise_param
    coefficients = tuple(param.coeff) or None
    _add(net, layer, _combined, operation=param.operation, coefficients=coefficients)


def _combined(*xs: Any, operation: int, coefficients: tuple[float, ...] | None) -> Any:
    if operation == 1 and coefficients is not None:
        xs = tuple(x * factor for x, factor in zip(xs, coefficients, strict=True))
    return functools.reduce((operator.mul, operator.add, F.maximum)[operation], xs)


@_layer("Slice", "SLICE")
def _slice(net: Any, layer: Any) -> None:
    param = layer.slice_param
    given = next((name for name in ("axis", "slice_dim") if param.HasField(name)), "axis")
    parts = list(param.slice_point) or len(layer.top)
    _add(net, layer, F.split_axis, indices_or_sections=parts, axis=getattr(param, given))


@_layer("Softmax", "SOFTMAX")
def _softmax(net: Any, layer: Any) -> None:
    _require_channels(layer)
    _add(net, layer, F.softmax)


@_layer("SoftmaxWithLoss", "SOFTMAX_LOSS")
def _softmax_with_loss(net: Any, layer: Any) -> None:
    _require_channels(layer)
    _add(net, layer, F.softmax_cross_entropy)


def _require_channels(layer: Any) -> None:
    if layer.softmax_param.axis != 1:
        raise RuntimeError(
            f"softmax of layer {layer.name!r} runs along axis {layer.softmax_param.axis}; "
            "catenary reads those along the channels, axis 1, as Chainer"
        )


@_layer("Sigmoid", "SIGMOID")
def _sigmoid(net: Any, layer: Any) -> None:
    _add(net, layer, F.sigmoid)
