"""Convolution and its transpose over any number of axes, for the functions of either name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch

from catenary.functions._apply import Check, apply, floating, reject
from catenary.functions._window import as_tuple, spread_length, tail, windows
from catenary.utils.type_check import InvalidType
from catenary.variable import Variable

__all__ = ["TRANSPOSES", "convolve", "deconvolve"]

_CONVOLUTIONS: dict[int, Callable[..., torch.Tensor]] = {
    1: torch.nn.functional.conv1d,
    2: torch.nn.functional.conv2d,
    3: torch.nn.functional.conv3d,
}
TRANSPOSES: dict[int, Callable[..., torch.Tensor]] = {
    1: torch.nn.functional.conv_transpose1d,
    2: torch.nn.functional.conv_transpose2d,
    3: torch.nn.functional.conv_transpose3d,
}


def convolve(
    label: str,
    axes: int,
    x: Any,
    W: Any,
    b: Any,
    stride: Any,
    pad: Any,
    cover_all: bool,
    dilate: Any,
    groups: int,
) -> Variable:
    """Return the cross-correlation over the last `axes` axes, in the dtype of `x`."""
    sizes = _hashable(stride), _hashable(pad), _hashable(dilate)
    convolved = _convolution(label, axes, *sizes, cover_all, groups)
    return apply(label, convolved, x, W) if b is None else apply(label, convolved, x, W, b)


@functools.lru_cache(maxsize=256)
def _convolution(
    label: str, axes: int, stride: Any, pad: Any, dilate: Any, cover_all: bool, groups: int
) -> Callable[..., torch.Tensor]:
    """Return what computes a convolution."""
    run = _of(_CONVOLUTIONS, label, axes)
    step, border, spread = as_tuple(stride, axes), as_tuple(pad, axes), as_tuple(dilate, axes)
    all_axes = axes + 2

    def check(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None) -> None:
        floating(label, x, W)
        if x.ndim != all_axes or W.ndim != all_axes or x.shape[1] != W.shape[1] * groups:
            sizes = f"{axes} sizes"
            reject(label, f"x (batch, in, {sizes}) and W (out, in/{groups}, {sizes})", x, W)
        if b is not None and b.shape != W.shape[:1]:
            reject(label, f"b of shape ({W.shape[0]},)", x, W, b)

    def convolved(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
        dtype = x.dtype
        ordinary = W.dtype is dtype and (b is None or b.dtype is dtype)
        # What else does not fit torch refuses; then `check` says it in our words.
        if not ordinary or cover_all or x.ndim != all_axes or not dtype.is_floating_point:
            check(x, W, b)
        try:
            if cover_all:
                x = tail(x, _seen(W.shape, spread), step, border, 0.0)
            if ordinary:
                return run(x, W, b, step, border, spread, groups)
            return run(*_widened(x, W, b), step, border, spread, groups).to(dtype)
        except RuntimeError:
            check(x, W, b)
            raise

    return convolved


def deconvolve(
    label: str,
    axes: int,
    x: Any,
    W: Any,
    b: Any,
    stride: Any,
    pad: Any,
    outsize: Any,
    dilate: Any,
    groups: int,
) -> Variable:
    """Return the transpose of a convolution over the last `axes` axes, in the dtype of `x`."""
    sizes = _hashable(stride), _hashable(pad), _hashable(dilate), _hashable(outsize)
    check, spreading = _transpose(label, axes, *sizes, groups)
    if b is None:
        return apply(label, spreading, x, W, check=check)
    return apply(label, spreading, x, W, b, check=check)


@functools.lru_cache(maxsize=256)
def _transpose(
    label: str, axes: int, stride: Any, pad: Any, dilate: Any, outsize: Any, groups: int
) -> tuple[Check, Callable[..., torch.Tensor]]:
    """Return what checks the inputs of a transpose and what computes it."""
    run = _of(TRANSPOSES, label, axes)
    step, border, spread = as_tuple(stride, axes), as_tuple(pad, axes), as_tuple(dilate, axes)
    wanted = None if outsize is None else as_tuple(outsize, axes)
    if min(spread) < 1:
        raise ValueError(f"dilate must be at least 1, got {spread}")

    def check(label: str, x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> None:
        floating(label, x, W)
        fit(x.shape, W.shape)
        if b is not None and b.shape != (W.shape[1] * groups,):
            reject(label, f"b of shape ({W.shape[1] * groups},)", x, W, b)

    @functools.lru_cache(maxsize=256)
    def fit(images: tuple[int, ...], filters: tuple[int, ...]) -> None:
        if len(images) != axes + 2 or len(filters) != axes + 2 or images[1] != filters[0]:
            rest = f"{axes} sizes"
            needed = f"x (batch, in, {rest}) and W (in, out/{groups}, {rest})"
            given = f"shapes {tuple(images)} and {tuple(filters)}"
            raise InvalidType(needed, given, f"{label} needs {needed}, got {given}")
        sizes = wanted
        if sizes is None:
            sizes = _spread_sizes(images, filters, step, border, spread)
        else:
            _require_cover(label, images, filters, step, border, sizes, spread)
        if min(sizes) <= 0:
            raise RuntimeError(f"{label} of {tuple(images)} by {tuple(filters)} leaves nothing")

    def transposed(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
        dtype = x.dtype
        ordinary = W.dtype is dtype and (b is None or b.dtype is dtype)
        if not ordinary:
            x, W, b = _widened(x, W, b)
        if wanted is None:
            y = run(x, W, b, step, border, 0, groups, spread)
        else:
            natural = _spread_sizes(x.shape, W.shape, step, border, spread)
            extra = [max(0, size - n) for size, n in zip(wanted, natural, strict=True)]
            y = run(x, W, b, step, border, extra, groups, spread)
            for axis, size in enumerate(wanted):
                y = y.narrow(axis + 2, 0, size)
        return y if ordinary else y.to(dtype)

    return check, transposed


def _hashable(value: Any) -> Any:
    return tuple(value) if hasattr(value, "__getitem__") else value


def _require_cover(
    label: str,
    images: tuple[int, ...],
    filters: tuple[int, ...],
    step: tuple[int, ...],
    border: tuple[int, ...],
    wanted: tuple[int, ...],
    spread: tuple[int, ...],
) -> None:
    """Refuse sizes from which a convolution does not lead to those of the images."""
    seen = _seen(filters, spread)
    for out, n, k, s, p in zip(wanted, images[2:], seen, step, border, strict=True):
        least, most = (windows(out, k, s, p, every) for every in (False, True))
        if not least <= n <= most:
            needed = f"an outsize that {n} windows cover"
            raise InvalidType(needed, wanted, f"{label} needs {needed}; {wanted} is none")


def _of(
    functions: dict[int, Callable[..., torch.Tensor]], label: str, axes: int
) -> Callable[..., torch.Tensor]:
    if axes not in functions:
        raise ValueError(f"{label} works over one, two or three axes, not {axes}")
    return functions[axes]


def _spread_sizes(
    images: tuple[int, ...],
    filters: tuple[int, ...],
    step: tuple[int, ...],
    border: tuple[int, ...],
    spread: tuple[int, ...],
) -> tuple[int, ...]:
    """Return the smallest images' sizes that filters of one shape make of images of another."""
    each = zip(images[2:], filters[2:], step, border, spread, strict=True)
    return tuple(spread_length(n, k, s, p, d=d) for n, k, s, p, d in each)


def _seen(filters: Sequence[int], spread: Sequence[int]) -> list[int]:
    """Return how much of the image filters of a shape see."""
    return [s * (k - 1) + 1 for s, k in zip(spread, filters[2:], strict=True)]


def _widened(
    x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Return all in one dtype that holds the values of `x` and `W`."""
    wide = torch.promote_types(x.dtype, W.dtype)
    return x.to(wide), W.to(wide), None if b is None else b.to(wide)
