"""Convolution and its transpose over any number of axes, for the functions of either name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import torch

from catenary.functions._apply import Check, apply, floating, reject
from catenary.functions._window import as_tuple, spread_length, tail, windows
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
    step, border, spread = as_tuple(stride, axes), as_tuple(pad, axes), as_tuple(dilate, axes)
    check, convolved = _convolution(label, axes, step, border, spread, bool(cover_all), groups)
    if b is None:
        return apply(label, convolved, x, W, check=check)
    return apply(label, convolved, x, W, b, check=check)


@functools.lru_cache(maxsize=256)
def _convolution(
    label: str,
    axes: int,
    step: tuple[int, ...],
    border: tuple[int, ...],
    spread: tuple[int, ...],
    cover_all: bool,
    groups: int,
) -> tuple[Check, Callable[..., torch.Tensor]]:
    """Return what checks the inputs of a convolution and what computes it."""
    run = _of(_CONVOLUTIONS, label, axes)

    def check(label: str, x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> None:
        floating(label, x, W)
        if x.ndim != axes + 2 or W.ndim != axes + 2 or x.shape[1] != W.shape[1] * groups:
            sizes = f"{axes} sizes"
            reject(label, f"x (batch, in, {sizes}) and W (out, in/{groups}, {sizes})", x, W)
        if b is not None and b.shape != W.shape[:1]:
            reject(label, f"b of shape ({W.shape[0]},)", x, W, b)

    def convolved(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
        if cover_all:
            x = tail(x, _sizes(W, spread), step, border, 0.0)
        if _of_one_dtype(x, W, b):
            return run(x, W, b, step, border, spread, groups)
        return run(*_widened(x, W, b), step, border, spread, groups).to(x.dtype)

    return check, convolved


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
    step, border, spread = as_tuple(stride, axes), as_tuple(pad, axes), as_tuple(dilate, axes)
    wanted = None if outsize is None else as_tuple(outsize, axes)
    check, spreading = _transpose(label, axes, step, border, wanted, spread, groups)
    if b is None:
        return apply(label, spreading, x, W, check=check)
    return apply(label, spreading, x, W, b, check=check)


@functools.lru_cache(maxsize=256)
def _transpose(
    label: str,
    axes: int,
    step: tuple[int, ...],
    border: tuple[int, ...],
    wanted: tuple[int, ...] | None,
    spread: tuple[int, ...],
    groups: int,
) -> tuple[Check, Callable[..., torch.Tensor]]:
    """Return what checks the inputs of a transpose and what computes it."""
    run = _of(TRANSPOSES, label, axes)
    if min(spread) < 1:
        raise ValueError(f"dilate must be at least 1, got {spread}")

    def check(label: str, x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> None:
        floating(label, x, W)
        if x.ndim != axes + 2 or W.ndim != axes + 2 or x.shape[1] != W.shape[0]:
            rest = f"{axes} sizes"
            reject(label, f"x (batch, in, {rest}) and W (in, out/{groups}, {rest})", x, W)
        if b is not None and tuple(b.shape) != (W.shape[1] * groups,):
            reject(label, f"b of shape ({W.shape[1] * groups},)", x, W, b)
        sizes = wanted
        if sizes is None:
            sizes = _spread_sizes(x.shape, W.shape, step, border, spread)
        else:
            _require_cover(label, x, W, step, border, sizes, spread)
        if min(sizes) <= 0:
            raise RuntimeError(f"{label} of {tuple(x.shape)} by {tuple(W.shape)} leaves nothing")

    def transposed(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None) -> torch.Tensor:
        if wanted is None:
            return run(x, W, b, step, border, 0, groups, spread)
        natural = _spread_sizes(x.shape, W.shape, step, border, spread)
        extra = [max(0, size - n) for size, n in zip(wanted, natural, strict=True)]
        y = run(x, W, b, step, border, extra, groups, spread)
        for axis, size in enumerate(wanted):
            y = y.narrow(axis + 2, 0, size)
        return y

    def spreading(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
        if _of_one_dtype(x, W, b):
            return transposed(x, W, b)
        return transposed(*_widened(x, W, b)).to(x.dtype)

    return check, spreading


def _require_cover(
    label: str,
    x: torch.Tensor,
    W: torch.Tensor,
    step: tuple[int, ...],
    border: tuple[int, ...],
    wanted: tuple[int, ...],
    spread: tuple[int, ...],
) -> None:
    """Refuse sizes from which a convolution does not lead to those of `x`."""
    for out, n, k, s, p in zip(wanted, x.shape[2:], _sizes(W, spread), step, border, strict=True):
        least, most = (windows(out, k, s, p, every) for every in (False, True))
        if not least <= n <= most:
            reject(label, f"an outsize that {n} windows cover ({wanted} is none)", x, W)


def _of(
    functions: dict[int, Callable[..., torch.Tensor]], label: str, axes: int
) -> Callable[..., torch.Tensor]:
    if axes not in functions:
        raise ValueError(f"{label} works over one, two or three axes, not {axes}")
    return functions[axes]


@functools.lru_cache(maxsize=256)
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


def _sizes(W: torch.Tensor, spread: Sequence[int]) -> list[int]:
    """Return how much of the image a filter sees."""
    return [s * (k - 1) + 1 for s, k in zip(spread, W.shape[2:], strict=True)]


def _of_one_dtype(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None) -> bool:
    return x.dtype == W.dtype and (b is None or b.dtype == x.dtype)


def _widened(
    x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None]:
    """Return all in one dtype that holds the values of `x` and `W`."""
    wide = torch.promote_types(x.dtype, W.dtype)
    return x.to(wide), W.to(wide), None if b is None else b.to(wide)
