"""Functions and constants that NumPy once had and has no other name for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy

__all__ = [
    "NINF",
    "NZERO",
    "PZERO",
    "alen",
    "asfarray",
    "asscalar",
    "cast",
    "find_common_type",
    "in1d",
    "msort",
]

NINF = -numpy.inf
PZERO = 0.0
NZERO = -0.0


def asscalar(a: Any) -> Any:
    """Return the one element of an array as a Python scalar."""
    return numpy.asarray(a).item()


def alen(a: Any) -> int:
    """Return the length of the first axis; 1 for a scalar."""
    return len(numpy.atleast_1d(a))


def msort(a: Any) -> Any:
    """Return a copy, sorted along the first axis."""
    return numpy.sort(a, axis=0)


def asfarray(a: Any, dtype: Any = numpy.float64) -> Any:
    """Return an array of a floating dtype; float64 where `dtype` is none."""
    inexact = numpy.issubdtype(dtype, numpy.inexact)
    return numpy.asarray(a, dtype=dtype if inexact else numpy.float64)


def in1d(ar1: Any, ar2: Any, assume_unique: bool = False, invert: bool = False) -> Any:
    """Return, for each element of the flattened `ar1`, whether `ar2` has it."""
    return numpy.isin(numpy.ravel(ar1), ar2, assume_unique=assume_unique, invert=invert)


def find_common_type(array_types: Iterable[Any], scalar_types: Iterable[Any]) -> Any:
    """Return the dtype of a mixture; scalars count only where they are of a higher kind."""
    kinds = "biufcmMSUVO"
    arrays = [numpy.dtype(one) for one in array_types]
    scalars = [numpy.dtype(one) for one in scalar_types]
    if not arrays or not scalars:
        return numpy.result_type(*(arrays or scalars))
    array, scalar = numpy.result_type(*arrays), numpy.result_type(*scalars)
    return scalar if kinds.index(scalar.kind) > kinds.index(array.kind) else array


class _Cast(dict[Any, Any]):
    """`numpy.cast[dtype](array)`."""

    def __missing__(self, dtype: Any) -> Any:
        return lambda a: numpy.asarray(a).astype(dtype)


cast = _Cast()
