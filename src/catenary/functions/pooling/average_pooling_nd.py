"""Mean over windows along one, two or three axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.functions._window import as_tuple, framed, over
from catenary.variable import Variable

__all__ = [
    "average_pooling_1d",
    "average_pooling_3d",
    "average_pooling_nd",
    "mean_of_windows",
]

_Ints = tuple[int, ...]
_MEANS: dict[int, Callable[..., torch.Tensor]] = {
    1: torch.nn.functional.avg_pool1d,
    2: torch.nn.functional.avg_pool2d,
    3: torch.nn.functional.avg_pool3d,
}


def mean_of_windows(
    x: torch.Tensor, window: _Ints, step: _Ints, border: _Ints, counted: bool = True
) -> torch.Tensor:
    """Return the mean of each window; zeros of the border count if `counted`."""
    axes = len(window)
    # By hand: torch takes no border wider than half a window.
    mean = _MEANS[axes](framed(x, border, 0.0), window, step)
    if counted:
        return mean
    return mean / _MEANS[axes](framed(torch.ones_like(x), border, 0.0), window, step)


def average_pooling_nd(
    x: Any, ksize: Any, stride: Any = None, pad: Any = 0, pad_value: float | None = 0
) -> Variable:
    """Return the mean of each window over all axes but the first two.

    Args:
        x: Variable or array, floating, shape (batch, channel, ...), one to three axes after these.
        ksize: Size of the window, int or one int an axis, as the next two.
        stride: Step of the window; its size if omitted.
        pad: Border of zeros around the input.
        pad_value: 0 to count the border's zeros, None not to.

    Raises:
        ValueError: `pad_value` is neither, or there are more than three axes.
    """
    if pad_value not in (0, None):
        raise ValueError(f"pad_value must be 0 or None, got {pad_value!r}")
    axes = len(x.shape) - 2
    if axes not in _MEANS:
        raise ValueError(f"one to three axes after batch and channel, got shape {x.shape}")

    window, border = as_tuple(ksize, axes), as_tuple(pad, axes)
    step = window if stride is None else as_tuple(stride, axes)

    def mean(x: torch.Tensor) -> torch.Tensor:
        return mean_of_windows(x, window, step, border, pad_value is not None)

    return apply("AveragePoolingND", mean, x, check=floating)


average_pooling_1d = over(1, average_pooling_nd)
"""Average signals (batch, channel, length); see :func:`average_pooling_nd`."""
average_pooling_3d = over(3, average_pooling_nd)
"""Average volumes (batch, channel, depth, height, width); see :func:`average_pooling_nd`."""
