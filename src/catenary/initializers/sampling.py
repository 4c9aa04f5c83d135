"""Filters that make images larger or smaller by linear interpolation."""

from __future__ import annotations

import functools
from typing import Any

import numpy

from catenary.initializer import Initializer, fill

__all__ = ["DownsamplingConvFilter", "UpsamplingDeconvFilter"]


class _SamplingFilter(Initializer):
    """Fill a convolution's weight with one filter for each channel, and zeros between channels."""

    def __init__(self, interpolation: str = "linear", dtype: Any = None) -> None:
        if interpolation != "linear":
            raise ValueError(f"interpolation must be 'linear', got {interpolation!r}")
        super().__init__(dtype)

    def _filter(self, size: int, ndim: int) -> Any:
        """Return the filter: along each of `ndim` axes a triangle whose top is the middle."""
        half = (size + 1) // 2
        middle = half - 0.5 - 0.5 * (size % 2)
        triangle = 1 - numpy.abs(numpy.arange(size) - middle) / half
        return functools.reduce(numpy.multiply.outer, [triangle] * ndim)

    def __call__(self, array: Any) -> None:
        """Fill `array` in place.

        Args:
            array: Weight, shape (n, n, k, ..., k) or (n, 1, k, ..., k), with at least one k.

        Raises:
            ValueError: The array has another shape.
        """
        shape = tuple(array.shape)
        if len(shape) < 3 or len(set(shape[2:])) != 1 or shape[1] not in (1, shape[0]):
            raise ValueError(
                f"{type(self).__name__} fills weights of shape (n, n, k, ..., k) or "
                f"(n, 1, k, ..., k), got {shape}"
            )
        values = numpy.zeros(shape)
        channels = numpy.arange(shape[0])
        values[channels, channels if shape[1] > 1 else 0] = self._filter(shape[2], len(shape) - 2)
        fill(self, array, values)


class UpsamplingDeconvFilter(_SamplingFilter):
    """Fill the weight of a transposed convolution so that it enlarges images linearly.

    Its stride should be (k + 1) // 2 for filters of size k.

    Args:
        interpolation: ``"linear"``; there is no other.
        dtype: Dtype of the arrays to fill; None for any.

    Raises:
        ValueError: `interpolation` is another.

    Source: Long et al., arXiv:1411.4038.
    """


class DownsamplingConvFilter(_SamplingFilter):
    """Fill the weight of a convolution so that it shrinks images linearly; each filter sums to 1.

    Args, Raises, stride and source: as :class:`UpsamplingDeconvFilter`.
    """

    def _filter(self, size: int, ndim: int) -> Any:
        triangles = super()._filter(size, ndim)
        return triangles / triangles.sum()
