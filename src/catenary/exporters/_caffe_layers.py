"""What Caffe calls our operations: a layer's type, its settings and its weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from catenary import functions as F
from catenary.errors import ExportError
from catenary.exporters._calls import Arguments
from catenary.variable import as_array

__all__ = ["LAYERS", "WATCHED", "Layer"]


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


def _weights(given: Arguments) -> tuple[Any, ...]:
    return tuple([as_array(given[name]) for name in ("W", "b") if given[name] is not None])


def _linear(given: Arguments) -> list[Layer]:
    W, *b = weights = _weights(given)
    settings = {"num_output": len(W), "bias_term": bool(b)}
    return [Layer("InnerProduct", "inner_product_param", settings, weights)]


def _convolution(given: Arguments) -> list[Layer]:
    if given.get("cover_all") or given.get("outsize") is not None:
        raise ExportError("Caffe has no cover_all and no outsize for its convolutions")
    W, *b = weights = _weights(given)
    transposed = "outsize" in given
    outputs = W.shape[1] * given["groups"] if transposed else len(W)
    settings: dict[str, Any] = {"num_output": outputs, "bias_term": bool(b)}
    settings |= _window(W.shape[2:], given["stride"], given["pad"])
    settings["group"] = given["groups"]
    if _pair(given["dilate"]) != (1, 1):
        settings["dilation"] = list(_pair(given["dilate"]))
    kind = "Deconvolution" if transposed else "Convolution"
    return [Layer(kind, "convolution_param", settings, weights)]


def _pooling(method: int) -> Callable[[Arguments], list[Layer]]:
    def pooling(given: Arguments) -> list[Layer]:
        if len(given["x"].shape) != 4:
            raise ExportError(f"Caffe pools images, not arrays of shape {given['x'].shape}")
        stride = given["ksize"] if given["stride"] is None else given["stride"]
        settings = {"pool": method, **_window(given["ksize"], stride, given["pad"])}
        return [Layer("Pooling", "pooling_param", settings)]

    return pooling


def _lrn(given: Arguments) -> list[Layer]:
    settings = {
        "norm_region": 0,
        "local_size": given["n"],
        "k": given["k"],
        "alpha": given["alpha"] * given["n"],
        "beta": given["beta"],
    }
    return [Layer("LRN", "lrn_param", settings)]


def _batch_normalization(given: Arguments) -> list[Layer]:
    mean, var, gamma, beta = (as_array(given[name]) for name in ("mean", "var", "gamma", "beta"))
    if mean.ndim != 1 or given["axis"] not in (None, (0, 2, 3)):
        raise ExportError("Caffe normalizes over all axes but the channels, which are axis 1")
    settings = {"use_global_stats": True, "eps": given["eps"]}
    weights = (mean, var, np.ones(1, np.float32))
    return [
        Layer("BatchNorm", "batch_norm_param", settings, weights),
        Layer("Scale", "scale_param", {"axis": 1, "bias_term": True}, (gamma, beta)),
    ]


def _leaky_relu(given: Arguments) -> list[Layer]:
    return [Layer("ReLU", "relu_param", {"negative_slope": given["slope"]})]


def _concat(given: Arguments) -> list[Layer]:
    return [Layer("Concat", "concat_param", {"axis": given["axis"]})]


def _reshape(given: Arguments) -> list[Layer]:
    shape = [int(size) for size in given["shape"]]
    return [Layer("Reshape", "reshape_param", {"shape": {"dim": shape}})]


def _softmax(given: Arguments) -> list[Layer]:
    if given["axis"] == 1:
        return [Layer("Softmax")]
    return [Layer("Softmax", "softmax_param", {"axis": given["axis"]})]


# An operation's label: the function whose arguments say the rest, None if nothing is left to say;
# and how the layers are made of them.
LAYERS: dict[str, tuple[Callable[..., Any] | None, Callable[[Arguments], list[Layer]]]] = {
    "LinearFunction": (F.linear, _linear),
    "Convolution2DFunction": (F.convolution_2d, _convolution),
    "Deconvolution2DFunction": (F.deconvolution_2d, _convolution),
    "MaxPoolingND": (F.max_pooling_nd, _pooling(0)),
    "AveragePooling2D": (F.average_pooling_2d, _pooling(1)),
    "LocalResponseNormalization": (F.local_response_normalization, _lrn),
    "FixedBatchNormalization": (F.fixed_batch_normalization, _batch_normalization),
    "LeakyReLU": (F.leaky_relu, _leaky_relu),
    "Concat": (F.concat, _concat),
    "Reshape": (F.reshape, _reshape),
    "Softmax": (F.softmax, _softmax),
    "ReLU": (None, lambda given: [Layer("ReLU")]),
    "Sigmoid": (None, lambda given: [Layer("Sigmoid")]),
    "_ + _": (None, lambda given: [Layer("Eltwise")]),
}
WATCHED = [function for function, _ in LAYERS.values() if function is not None]
