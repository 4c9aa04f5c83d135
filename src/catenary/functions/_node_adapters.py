"""Functions in the words of the constructors of Chainer's classes, where those are others.

Arrays come first, then the constructor's arguments. What a constructor is given and a function does
not need is taken and left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import catenary.functions as F
from catenary.config import using_config

__all__ = [
    "average_pooling_2d",
    "average_pooling_nd",
    "batch_normalization",
    "convolution_nd",
    "copied",
    "deconvolution_nd",
    "decorrelated_batch_normalization",
    "dropout",
    "einsum",
    "fft",
    "forget",
    "gaussian",
    "get_item",
    "group_normalization",
    "linear",
    "matmul",
    "max_pooling_nd",
    "mean",
    "multi_add",
    "resize_images",
    "rrelu",
    "scatter_add",
    "simplified_dropconnect",
    "softmax_cross_entropy",
    "split_axis",
    "tensordot",
    "transpose_sequence",
    "unpooling_nd",
    "where",
    "zeta",
    "zoneout",
]


def get_item(x: Any, slices: Any) -> Any:
    return F.get_item(x, slices)


def copied(x: Any, in_device: Any, out_device: Any) -> Any:
    return F.copy(x, out_device)


def resize_images(x: Any, output_shape: Any, mode: str, align_corners: bool) -> Any:
    return F.resize_images(x, output_shape, mode=mode, align_corners=align_corners)


def split_axis(x: Any, indices_or_sections: Any, axis: int) -> Any:
    return F.split_axis(x, indices_or_sections, axis)


def where(x: Any, y: Any, condition: Any) -> Any:
    return F.where(condition, x, y)


def linear(x: Any, W: Any, b: Any = None) -> Any:
    return F.linear(x, W, b)


def softmax_cross_entropy(
    x: Any,
    t: Any,
    normalize: bool = True,
    cache_score: bool = True,
    class_weight: Any = None,
    ignore_label: int = -1,
    reduce: str = "mean",
    soft_target_loss: str = "cross-entropy",
) -> Any:
    return F.softmax_cross_entropy(
        x,
        t,
        normalize,
        cache_score,
        class_weight,
        ignore_label,
        reduce,
        soft_target_loss=soft_target_loss,
    )


def matmul(
    a: Any,
    b: Any,
    transa: bool = False,
    transb: bool = False,
    transc: bool = False,
    dtype: Any = None,
) -> Any:
    y = F.matmul(a, b, transa, transb)
    y = y if not transc or y.ndim < 2 else F.swapaxes(y, -1, -2)
    return y if dtype is None else F.cast(y, dtype)


def dropout(x: Any, dropout_ratio: float, mask: Any = None, return_mask: bool = False) -> Any:
    with using_config("train", True):
        return F.dropout(x, dropout_ratio, mask=mask)


def batch_normalization(
    x: Any,
    gamma: Any,
    beta: Any,
    eps: float = 2e-5,
    mean: Any = None,
    var: Any = None,
    decay: float = 0.9,
    axis: Any = None,
) -> Any:
    return F.batch_normalization(
        x, gamma, beta, eps=eps, running_mean=mean, running_var=var, decay=decay, axis=axis
    )


def average_pooling_2d(
    x: Any,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    return F.average_pooling_2d(x, ksize, stride, pad)


def _over_axes(function: Callable[..., Any], x: Any, ndim: int, args: tuple[Any, ...]) -> Any:
    if x.ndim != ndim + 2:
        raise ValueError(f"{ndim} axes after batch and channel were announced, got {x.shape}")
    return function(x, *args)


def convolution_nd(
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
    return _over_axes(F.convolution_nd, x, ndim, (W, b, stride, pad, cover_all, dilate, groups))


def deconvolution_nd(
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
    return _over_axes(F.deconvolution_nd, x, ndim, (W, b, stride, pad, outsize, dilate, groups))


def max_pooling_nd(
    x: Any,
    ndim: int,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    return _over_axes(F.max_pooling_nd, x, ndim, (ksize, stride, pad, cover_all))


def unpooling_nd(
    x: Any,
    ndim: int,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    outsize: Any = None,
    cover_all: bool = True,
) -> Any:
    return _over_axes(F.unpooling_nd, x, ndim, (ksize, stride, pad, outsize, cover_all))


def rrelu(x: Any, lower: float, upper: float, r: Any = None) -> Any:
    with using_config("train", True):
        return F.rrelu(x, lower, upper, r=r)


def scatter_add(a: Any, b: Any, slices: Any) -> Any:
    return F.scatter_add(a, slices, b)


def transpose_sequence(xs: Any, length: Any) -> Any:
    return F.transpose_sequence(xs)


def multi_add(xs: Any) -> Any:
    return F.add(*xs)


def mean(x: Any, axis: Any, keepdims: bool) -> Any:
    return F.average(x, axis, None, keepdims)


def einsum(xs: Any, in_subs: str, out_sub: str) -> Any:
    return F.einsum(f"{in_subs}->{out_sub}", *xs)


def fft(real: Any, imag: Any, method: str) -> Any:
    return {"fft": F.fft, "ifft": F.ifft}[method]((real, imag))


def tensordot(
    a: Any,
    b: Any,
    axes: Any = 2,
    a_axes: Any = None,
    b_axes: Any = None,
    c_axes: Any = None,
    dtype: Any = None,
) -> Any:
    y = F.tensordot(a, b, axes)
    return y if dtype is None else F.cast(y, dtype)


def zeta(q: Any, x: Any) -> Any:
    return F.zeta(x, q)


def gaussian(mean: Any, ln_var: Any, eps: Any = None) -> Any:
    return F.gaussian(mean, ln_var, eps=eps)


def simplified_dropconnect(
    x: Any,
    W: Any,
    b: Any = None,
    ratio: float = 0.5,
    mask: Any = None,
    use_batchwise_mask: bool = True,
) -> Any:
    return F.simplified_dropconnect(x, W, b, ratio, True, mask, use_batchwise_mask)


def zoneout(h: Any, x: Any, zoneout_ratio: float) -> Any:
    with using_config("train", True):
        return F.zoneout(h, x, zoneout_ratio)


def decorrelated_batch_normalization(
    x: Any,
    groups: int = 16,
    eps: float = 2e-5,
    mean: Any = None,
    projection: Any = None,
    decay: float = 0.9,
) -> Any:
    return F.decorrelated_batch_normalization(
        x, groups=groups, eps=eps, running_mean=mean, running_projection=projection, decay=decay
    )


def group_normalization(x: Any, gamma: Any, beta: Any, groups: int, eps: float = 1e-5) -> Any:
    return F.group_normalization(x, groups, gamma, beta, eps)


def average_pooling_nd(
    x: Any,
    ndim: int,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    cover_all: bool = False,
    pad_value: Any = 0,
) -> Any:
    return _over_axes(F.average_pooling_nd, x, ndim, (ksize, stride, pad, pad_value))


def forget(xs: Any, func: Callable[..., Any]) -> Any:
    return F.forget(func, *xs)
