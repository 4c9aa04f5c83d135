"""What Caffe calls our operations: a layer's type, its settings and its weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from catenary.errors import ExportError

__all__ = ["LAYERS", "Layer"]


class Layer(NamedTuple):
    """A layer without its name and neighbours.

    Attributes:
        type: Caffe's name.
        field: Name of the settings' message, "" without settings.
        settings: Values by field; a dictionary is a message, a list a repeated field.
        weights: Arrays.
    """

    type: str
    field: str = ""
    settings: dict[str, Any] = {}  # noqa: RUF012 - never written to
    weights: tuple[Any, ...] = ()


def _pair(value: Any) -> tuple[int, int]:
    first, second = value if isinstance(value, (tuple, list)) else (value, value)
    return int(first), int(second)


def _window(ksize: Any, stride: Any, pad: Any) -> dict[str, Any]:
    sizes = {"pad": _pair(pad), "stride": _pair(stride), "kernel": _pair(ksize)}
    return {f"{name}_{axis}": sizes[name]["hw".index(axis)] for name in sizes for axis in "wh"}


def _linear(call: Any, x: Any, *weights: Any) -> list[Layer]:
    W, *b = weights
    settings = {"num_output": len(W), "bias_term": bool(b)}
    return [Layer("InnerProduct", "inner_product_param", settings, weights)]


def _filters(call: Any, outputs: int, *weights: Any) -> dict[str, Any]:
    W, *b = weights
    settings: dict[str, Any] = {"num_output": outputs, "bias_term": bool(b)}
    settings |= _window(W.shape[2:], call.stride, call.pad)
    settings["group"] = call.groups
    if _pair(call.dilate) != (1, 1):
        settings["dilation"] = list(_pair(call.dilate))
    return settings


def _convolution(call: Any, x: Any, *weights: Any) -> list[Layer]:
    if call.cover_all:
        raise ExportError("Caffe has no cover_all for its convolutions")
    settings = _filters(call, len(weights[0]), *weights)
    return [Layer("Convolution", "convolution_param", settings, weights)]


def _deconvolution(call: Any, x: Any, *weights: Any) -> list[Layer]:
    W = weights[0]
    sizes = zip(x.shape[2:], W.shape[2:], call.stride, call.pad, call.dilate, strict=True)
    usual = tuple(s * (n - 1) + d * (k - 1) + 1 - 2 * p for n, k, s, p, d in sizes)
    if tuple(call.outsize) != usual:
        raise ExportError(f"Caffe has no outsize for its deconvolutions, which would give {usual}")
    settings = _filters(call, W.shape[1] * call.groups, *weights)
    return [Layer("Deconvolution", "convolution_param", settings, weights)]


def _pooling(method: int) -> Callable[..., list[Layer]]:
    def pooling(call: Any, x: Any) -> list[Layer]:
        if x.ndim != 4:
            raise ExportError(f"Caffe pools images, not arrays of shape {x.shape}")
        settings = {"pool": method, **_window(call.ksize, call.stride, call.pad)}
        return [Layer("Pooling", "pooling_param", settings)]

    return pooling


def _lrn(call: Any, x: Any) -> list[Layer]:
    settings = {
        "norm_region": 0,
        "local_size": call.n,
        "k": call.k,
        "alpha": call.alpha * call.n,
        "beta": call.beta,
    }
    return [Layer("LRN", "lrn_param", settings)]


def _batch_normalization(
    call: Any, x: Any, gamma: Any, beta: Any, mean: Any, var: Any
) -> list[Layer]:
    if mean.ndim != 1 or tuple(call.axis) != (0, *range(2, x.ndim)):
        raise ExportError("Caffe normalizes over all axes but the channels, which are axis 1")
    settings = {"use_global_stats": True, "eps": call.eps}
    weights = (mean, var, np.ones(1, np.float32))
    return [
        Layer("BatchNorm", "batch_norm_param", settings, weights),
        Layer("Scale", "scale_param", {"axis": 1, "bias_term": True}, (gamma, beta)),
    ]


def _leaky_relu(call: Any, x: Any) -> list[Layer]:
    return [Layer("ReLU", "relu_param", {"negative_slope": call.slope})]


def _concat(call: Any, *xs: Any) -> list[Layer]:
    return [Layer("Concat", "concat_param", {"axis": call.axis})]


def _reshape(call: Any, x: Any) -> list[Layer]:
    shape = [int(size) for size in call.shape]
    return [Layer("Reshape", "reshape_param", {"shape": {"dim": shape}})]


def _softmax(call: Any, x: Any) -> list[Layer]:
    if call.axis == 1:
        return [Layer("Softmax")]
    return [Layer("Softmax", "softmax_param", {"axis": call.axis})]


def _plain(kind: str) -> Callable[..., list[Layer]]:
    return lambda call, *xs: [Layer(kind)]


# By an operation's label, how layers are made of the call and the arrays that it read.
LAYERS: dict[str, Callable[..., list[Layer]]] = {
    "LinearFunction": _linear,
    "Convolution2DFunction": _convolution,
    "Deconvolution2DFunction": _deconvolution,
    "MaxPoolingND": _pooling(0),
    "AveragePooling2D": _pooling(1),
    "LocalResponseNormalization": _lrn,
    "FixedBatchNormalization": _batch_normalization,
    "LeakyReLU": _leaky_relu,
    "Concat": _concat,
    "Reshape": _reshape,
    "Softmax": _softmax,
    "ReLU": _plain("ReLU"),
    "Sigmoid": _plain("Sigmoid"),
    "_ + _": _plain("Eltwise"),
}
