"""Extrema along axes."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backends.memory import array_of, tensor_of
from catenary.functions._apply import apply, floating
from catenary.functions.math._axis import along_one, as_axes
from catenary.variable import Variable

__all__ = ["argmax", "argmin", "max", "min"]


class _Extremum(torch.autograd.Function):
    """An extremum whose gradient reaches every element that attains it, in full, as Chainer's does.

    (torch.amax divides the gradient among them.)
    """

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, axes: tuple[int, ...], keepdims: bool, largest: bool
    ) -> torch.Tensor:
        if any(x.shape[axis] == 0 for axis in axes):
            raise ValueError(f"no values along an axis of {tuple(x.shape)}: there is no extremum")
        value = (torch.amax if largest else torch.amin)(x, axes, keepdims)
        ctx.save_for_backward(x, value)
        ctx.axes = axes
        return value

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> tuple[torch.Tensor, None, None, None]:
        x, value = ctx.saved_tensors
        shape = list(x.shape)
        for axis in ctx.axes:
            shape[axis] = 1
        attained = x == value.reshape(shape)
        return torch.where(attained, grad.reshape(shape), 0), None, None, None


def _extremum(label: str, x: Any, axis: Any, keepdims: bool, largest: bool) -> Variable:
    axes = as_axes(axis)

    def extremum(x: torch.Tensor) -> torch.Tensor:
        over = tuple(range(x.ndim)) if axes is None else axes
        return x.clone() if over == () else _Extremum.apply(x, over, keepdims, largest)  # type: ignore[no-untyped-call]

    return apply(label, extremum, x, check=floating)


def max(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Return the largest values over axes; all equal ones get the gradient.

    Args:
        x: Variable or array, floating.
        axis: Int, tuple of ints, or None for all axes.
        keepdims: Keep the axes with length 1.
    """
    return _extremum("Max", x, axis, keepdims, largest=True)


def min(x: Any, axis: Any = None, keepdims: bool = False) -> Variable:
    """Return the smallest values over axes; all equal ones get the gradient.

    Args:
        x: Variable or array, floating.
        axis: Int, tuple of ints, or None for all axes.
        keepdims: Keep the axes with length 1.
    """
    return _extremum("Min", x, axis, keepdims, largest=False)


def argmax(x: Any, axis: int | None = None) -> Variable:
    """Return the positions of the largest values, as int32; there is no gradient.

    Args:
        x: Variable or array, floating.
        axis: Axis to search, None for the flattened array.
    """

    def position(x: torch.Tensor) -> torch.Tensor:
        return _placed(array_of(x).argmax(axis))

    return apply("ArgMax", position, x, check=along_one(axis))


def argmin(x: Any, axis: int | None = None) -> Variable:
    """Return the positions of the smallest values, as int32; there is no gradient.

    Args:
        x: Variable or array, floating.
        axis: Axis to search, None for the flattened array.
    """

    def position(x: torch.Tensor) -> torch.Tensor:
        return _placed(array_of(x).argmin(axis))

    return apply("ArgMin", position, x, check=along_one(axis))


def _placed(places: Any) -> torch.Tensor:
    """Return positions that an array has found: NumPy is many times faster at it than torch."""
    return tensor_of(numpy.asarray(places) if numpy.isscalar(places) else places).int()
