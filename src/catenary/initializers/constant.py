"""Constant values."""

from __future__ import annotations

import math
from typing import Any

import numpy

from catenary import backend
from catenary.initializer import Initializer, fill

__all__ = ["Constant", "Identity", "NaN", "One", "Zero"]


class Constant(Initializer):
    """Fill with one value.

    Args:
        fill_value: Number, or array that broadcasts to the shape.
        dtype: Dtype of the arrays to fill; None for any.
    """

    fill_value: Any

    def __init__(self, fill_value: Any, dtype: Any = None) -> None:
        if not numpy.isscalar(fill_value) and not isinstance(fill_value, backend.get_array_types()):
            raise ValueError(
                f"fill_value must be a number or an array, got {type(fill_value).__name__}"
            )
        self.fill_value = fill_value
        super().__init__(dtype)

    def __call__(self, array: Any) -> None:
        """Fill `array` in place."""
        fill(self, array, backend.CpuDevice().send(self.fill_value))


class Zero(Constant):
    """Fill with zeros."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(0.0, dtype)


class One(Constant):
    """Fill with ones."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(1.0, dtype)


class NaN(Constant):
    """Fill with NaN, so that a value nobody set is noticed."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(math.nan, dtype)


class Identity(Initializer):
    """Fill a square matrix with a multiple of the identity.

    Args:
        scale: The multiple.
        dtype: Dtype of the arrays to fill; None for any.
    """

    def __init__(self, scale: Any = 1.0, dtype: Any = None) -> None:
        self.scale = scale
        super().__init__(dtype)

    def __call__(self, array: Any) -> None:
        """Fill `array` in place.

        Raises:
            ValueError: The array is no square matrix.
        """
        shape = array.shape
        if len(shape) != 2 or shape[0] != shape[1]:
            raise ValueError(f"Identity fills square matrices, got shape {tuple(shape)}")
        fill(self, array, numpy.identity(shape[0]) * self.scale)
