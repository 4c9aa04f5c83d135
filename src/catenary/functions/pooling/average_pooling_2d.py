"""Mean over windows of an image."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions._window import pair
from catenary.functions.pooling.average_pooling_nd import mean_of_windows
from catenary.variable import Variable

__all__ = ["average_pooling_2d"]


def _check(label: str, x: torch.Tensor) -> None:
    floating(label, x)
    if x.ndim != 4:
        reject(label, "x of shape (batch, channel, height, width)", x)


def average_pooling_2d(x: Any, ksize: Any, stride: Any = None, pad: Any = 0) -> Variable:
    """Return the mean of each window; zeros of the border count.

    Args:
        x: Variable or array, floating, shape (batch, channel, height, width).
        ksize: Size of the window, int or pair.
        stride: Step of the window, int or pair; its size if omitted.
        pad: Border of zeros around the image, int or pair.

    Raises:
        InvalidType: `x` is no batch of images.
    """
    window, border = pair(ksize), pair(pad)
    step = window if stride is None else pair(stride)

    def mean(x: torch.Tensor) -> torch.Tensor:
        return mean_of_windows(x, window, step, border)

    return apply("AveragePooling2D", mean, x, check=_check)
