"""Mean, weighted or not."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions.math._axis import as_axes
from catenary.variable import Variable

__all__ = ["average", "mean"]


def average(x: Any, axis: Any = None, weights: Any = None, keepdims: bool = False) -> Variable:
    """Return the mean over axes, Σ w·x / Σ w where weights are given.

    Args:
        x: Variable or array, floating.
        axis: Int, tuple of ints, or None for all axes. With weights, at most one axis.
        weights: Variable or array: of the shape of `x` without an axis, one-dimensional with one.
        keepdims: Keep the averaged axes with length 1.

    Raises:
        ValueError: Weights and more than one axis.
        InvalidType: The weights' shape does not fit.
    """
    axes = as_axes(axis)
    if weights is None:

        def mean(x: torch.Tensor) -> torch.Tensor:
            return x if axes == () else torch.mean(x, axes, keepdim=keepdims)

        return apply("Mean", mean, x, check=floating)
    if axes is not None and len(axes) > 1:
        raise ValueError(f"average takes weights along one axis, got axis={axis}")

    def weighted(x: torch.Tensor, w: torch.Tensor) -> torch.Tensor:
        factors = w
        if axes is not None:
            shape = [1] * x.ndim
            shape[axes[0]] = -1
            factors = w.reshape(shape)
        return torch.sum(x * factors, axes, keepdim=keepdims) / torch.sum(w)

    def check(label: str, x: torch.Tensor, w: torch.Tensor) -> None:
        floating(label, x)
        needed = x.shape if axes is None else (x.shape[axes[0]],)
        if tuple(w.shape) != tuple(needed):
            reject(label, f"weights of shape {tuple(needed)}", x, w)

    return apply("Average", weighted, x, weights, check=check)


mean = average
