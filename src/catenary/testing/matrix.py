"""Random matrices of known singular values."""

from __future__ import annotations

from typing import Any

import numpy

__all__ = ["generate_matrix"]


def generate_matrix(
    shape: tuple[int, ...], dtype: Any = float, *, singular_values: Any = None
) -> Any:
    """Return random matrices with given singular values.

    Args:
        shape: Shape; the last two axes are the matrices'.
        dtype: Floating or complex dtype.
        singular_values: Numbers, at least 0, that broadcast to one a singular value.

    Raises:
        ValueError: `shape` is too short, or a singular value is negative.
        TypeError: `dtype` is another, or the singular values are missing or complex.
    """
    dtype = numpy.dtype(dtype)
    if len(shape) < 2:
        raise ValueError(f"a matrix has two axes or more, got shape {shape}")
    if dtype.kind not in "fc":
        raise TypeError(f"dtype must be floating or complex, got {dtype}")
    if singular_values is None:
        raise TypeError("singular_values is missing")
    values = numpy.asarray(singular_values)
    if not numpy.isrealobj(values):
        raise TypeError("singular values are real")
    if (values < 0).any():
        raise ValueError("singular values are not negative")
    values = numpy.broadcast_to(values, (*shape[:-2], min(shape[-2:])))
    drawn = numpy.random.randn(*shape)
    if dtype.kind == "c":
        drawn = drawn + 1j * numpy.random.randn(*shape)
    left, _, right = numpy.linalg.svd(drawn, full_matrices=False)
    return ((left * values[..., None, :]) @ right).astype(dtype)
