"""Comparing arrays."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.backend import CpuDevice
from catenary.variable import as_array

__all__ = ["assert_allclose"]


def assert_allclose(
    x: Any, y: Any, atol: float = 1e-5, rtol: float = 1e-4, verbose: bool = True
) -> None:
    """Check that |x − y| ≤ atol + rtol · |y| everywhere.

    Args:
        x: Array, Variable or number.
        y: What is expected of it; shapes broadcast.
        atol: Absolute tolerance.
        rtol: Relative tolerance.
        verbose: Whether the error shows the values.

    Raises:
        AssertionError: They differ; the text names the place that is off the most.
    """
    left, right = _on_cpu(x), _on_cpu(y)
    try:
        numpy.testing.assert_allclose(left, right, atol=atol, rtol=rtol, verbose=verbose)
    except AssertionError as error:
        raise AssertionError(f"{error}\n\n{_worst(left, right, atol, rtol)}") from None


def _on_cpu(values: Any) -> Any:
    array = as_array(values)
    return CpuDevice().send(array if hasattr(array, "shape") else numpy.asarray(array))


def _worst(x: Any, y: Any, atol: float, rtol: float) -> str:
    lines = [f"shapes {x.shape} and {y.shape}, dtypes {x.dtype} and {y.dtype}"]
    if x.shape == y.shape and x.size:
        a, b = numpy.atleast_1d(x).astype("d"), numpy.atleast_1d(y).astype("d")
        off = numpy.abs(a - b)
        allowed = atol + rtol * numpy.abs(b)
        index = numpy.unravel_index(int(numpy.argmax(off - allowed)), off.shape)
        at = tuple(map(int, index))
        lines.append(f"most off at {at}: x {a[at]}, y {b[at]}, by {off[at]} of {allowed[at]}")
    return "\n".join(lines)


def as_noncontiguous(arrays: Any) -> Any:
    """Return copies with reversed, gapped memory; lists and tuples element by element."""
    if isinstance(arrays, (list, tuple)):
        return type(arrays)([as_noncontiguous(a) for a in arrays])
    if arrays is None or arrays.size <= 1:
        return arrays
    every_other = (slice(None, None, -2),) * arrays.ndim
    wide = numpy.empty([2 * n for n in arrays.shape], arrays.dtype)
    wide[every_other] = arrays
    return wide[every_other]
