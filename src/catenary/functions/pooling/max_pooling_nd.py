"""Maximum over windows along one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from catenary.functions._apply import apply, apply_many, floating
from catenary.functions._window import as_tuple, framed, over, tail

__all__ = ["max_pooling_1d", "max_pooling_2d", "max_pooling_3d", "max_pooling_nd"]

_MAXIMA: dict[int, Callable[..., Any]] = {
    1: torch.nn.functional.max_pool1d,
    2: torch.nn.functional.max_pool2d,
    3: torch.nn.functional.max_pool3d,
}
_Ints = Sequence[int]


def max_pooling_nd(
    x: Any,
    ksize: Any,
    stride: Any = None,
    pad: Any = 0,
    cover_all: bool = True,
    return_indices: bool = False,
) -> Any:
    """Return the largest value in each window over all axes but the first two.

    Args:
        x: Variable or array, floating, shape (batch, channel, ...), one to three axes after these.
        ksize: Size of the window, int or one int an axis, as the next two.
        stride: Step of the window; its size if omitted.
        pad: Border of −∞ around the input.
        cover_all: Add windows at the ends until every place is in one.
        return_indices: Also return where in its window each value was found, as an int64 array.

    Raises:
        ValueError: There are more than three axes.
        InvalidType: `x` is not floating.
    """
    axes = len(x.shape) - 2
    if axes not in _MAXIMA:
        raise ValueError(f"one to three axes after batch and channel, got shape {x.shape}")
    window, border = as_tuple(ksize, axes), as_tuple(pad, axes)
    step = window if stride is None else as_tuple(stride, axes)

    def largest(x: torch.Tensor) -> torch.Tensor:
        x, rest = _framed(x, window, step, border, cover_all)
        return _MAXIMA[axes](x, window, step, rest)  # type: ignore[no-any-return]

    def located(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, rest = _framed(x, window, step, border, cover_all)
        y, places = _MAXIMA[axes](x, window, step, rest, return_indices=True)
        return y, _in_windows(places, x.shape[2:], window, step, rest)

    if return_indices:
        y, places = apply_many("MaxPoolingND", located, x, check=floating)
        return y, places.array
    return apply("MaxPoolingND", largest, x, check=floating)


max_pooling_1d = over(1, max_pooling_nd)
"""Pool signals (batch, channel, length); see :func:`max_pooling_nd`."""
max_pooling_2d = over(2, max_pooling_nd)
"""Pool images (batch, channel, height, width); see :func:`max_pooling_nd`."""
max_pooling_3d = over(3, max_pooling_nd)
"""Pool volumes (batch, channel, depth, height, width); see :func:`max_pooling_nd`."""


def _framed(
    x: torch.Tensor, window: _Ints, step: _Ints, border: _Ints, cover_all: bool
) -> tuple[torch.Tensor, _Ints]:
    """Return the image with what torch cannot add by itself, and the border that it can."""
    if cover_all:
        x = tail(x, window, step, border, -torch.inf)
    if all(2 * p <= k for p, k in zip(border, window, strict=True)):
        return x, border
    return framed(x, border, -torch.inf), (0,) * len(border)


def _in_windows(
    places: torch.Tensor, sizes: _Ints, window: _Ints, step: _Ints, border: _Ints
) -> torch.Tensor:
    """Return places in the image as places in their windows."""
    axes = len(window)
    found = torch.zeros_like(places)
    for axis, position in enumerate(torch.unravel_index(places, tuple(sizes))):
        starts = torch.arange(places.shape[axis + 2], device=places.device)
        starts = starts.mul(step[axis]).sub(border[axis])
        shape = [-1 if i == axis else 1 for i in range(axes)]
        found = found * window[axis] + position - starts.reshape(shape)
    return found
