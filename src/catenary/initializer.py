"""What an initializer is: a callable that fills an array."""

from __future__ import annotations

import math
from typing import Any

import numpy

from catenary import backend

__all__ = ["Initializer", "fill", "get_fans"]


class Initializer:
    """Base of initializers: subclasses fill the array they are called with.

    Args:
        dtype: Dtype of the arrays that this initializer is for; None for any.
    """

    def __init__(self, dtype: Any = None) -> None:
        self.dtype = dtype

    def __call__(self, array: Any) -> None:
        """Fill `array` in place."""
        raise NotImplementedError(f"{type(self).__name__} does not say how to fill an array")


def fill(initializer: Initializer, array: Any, values: Any) -> None:
    """Write `values` into `array`, cast to its dtype.

    Raises:
        TypeError: The initializer is for another dtype.
    """
    wanted = initializer.dtype
    if wanted is not None and numpy.dtype(wanted) != array.dtype:
        raise TypeError(
            f"{type(initializer).__name__} is for {numpy.dtype(wanted)}, the array is {array.dtype}"
        )
    if isinstance(array, numpy.ndarray):
        array[...] = values
    else:
        backend.copyto(array, numpy.broadcast_to(values, array.shape).astype(array.dtype))


def get_fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many inputs and outputs one weight of this shape connects.

    The first axis counts outputs, the second inputs, all others the receptive field.

    Raises:
        ValueError: `shape` is no tuple or has fewer than two axes.
    """
    if not isinstance(shape, tuple):
        raise ValueError(  # noqa: TRY004 - the type that Chainer raises
            f"shape must be a tuple, got {type(shape).__name__}"
        )
    if len(shape) < 2:
        raise ValueError(
            f"a weight of shape {shape} has no fan: this initializer needs at least two axes; "
            "use Normal, Uniform or a constant"
        )
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field
