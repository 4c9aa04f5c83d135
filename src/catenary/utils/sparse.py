"""Sparse matrices as lists of entries."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.variable import Variable

__all__ = ["CooMatrix", "get_order", "to_coo"]


class CooMatrix:
    """A matrix, or a batch of matrices, as entries and their places.

    Args:
        data: Entries, an array of shape (entry,) or (batch, entry).
        row: Their rows, ints, of the same shape; entries at −1 do not count.
        col: Their columns, ints, of the same shape.
        shape: (rows, columns).
        order: ``"C"`` if entries are sorted by row, ``"F"`` if by column, ``"other"``, or None to
            find out.
        requires_grad: Whether `backward` brings a gradient to the entries.

    Raises:
        ValueError: The axes do not fit, or `order` is unknown.

    Attributes:
        data: Variable of the entries.
    """

    def __init__(
        self,
        data: Any,
        row: Any,
        col: Any,
        shape: tuple[int, ...],
        order: str | None = None,
        requires_grad: bool = False,
    ) -> None:
        if not 1 <= data.ndim <= 2 or not data.ndim == row.ndim == col.ndim:
            raise ValueError(
                "data, row and col have one axis, or two for a batch; "
                f"got {data.ndim}, {row.ndim} and {col.ndim}"
            )
        if len(shape) != 2 or min(shape) <= 0:
            raise ValueError(f"shape is two numbers above 0, got {shape!r}")
        if order not in ("C", "F", "other", None):
            raise ValueError(f"order is 'C', 'F', 'other' or None, got {order!r}")
        self.data = Variable(data, requires_grad=requires_grad)
        self.row = row
        self.col = col
        self.shape = shape
        self.order = get_order(row, col) if order is None else order

    def to_dense(self) -> Any:
        """Return the matrix as an array, of shape ``shape`` or (batch, *shape)."""
        entries = self.data.array
        batch = entries.shape[:-1]
        dense = self.data.xp.zeros((*batch, *self.shape), entries.dtype)
        for place in numpy.ndindex(*batch):
            counts = self.row[place] >= 0
            at = (self.row[place][counts], self.col[place][counts])
            numpy.add.at(dense[place], at, entries[place][counts])
        return dense


def to_coo(x: Any, ldnz: int | None = None, requires_grad: bool = False) -> CooMatrix:
    """Return the entries of a matrix that are not 0.

    Args:
        x: Array of shape (rows, columns) or (batch, rows, columns).
        ldnz: How many entries to make room for at least; what is left has the place −1.
        requires_grad: Whether `backward` brings a gradient to the entries.

    Raises:
        ValueError: `x` has another number of axes.
    """
    if x.ndim not in (2, 3):
        raise ValueError(f"x has two axes, or three for a batch; got shape {x.shape}")
    matrices = x.reshape(-1, *x.shape[-2:])
    found = [numpy.nonzero(matrix) for matrix in matrices]
    size = max([ldnz or 0, *(len(rows) for rows, _ in found)])
    data = numpy.zeros((len(matrices), size), x.dtype)
    places = numpy.full((2, len(matrices), size), -1, numpy.int32)
    for number, (matrix, at) in enumerate(zip(matrices, found, strict=True)):
        data[number, : len(at[0])] = matrix[at]
        places[:, number, : len(at[0])] = at
    shape = (*x.shape[:-2], size)
    row, col = (place.reshape(shape) for place in places)
    return CooMatrix(data.reshape(shape), row, col, x.shape[-2:], requires_grad=requires_grad)


def get_order(row: Any, col: Any) -> str:
    """Return ``"C"`` if places are sorted by row, ``"F"`` if by column, ``"other"`` if neither.

    Args:
        row: Rows, ints, shape (entry,) or (batch, entry).
        col: Columns, of the same shape.

    Raises:
        ValueError: The shapes differ, or only one of a place's numbers is negative.
    """
    if row.shape != col.shape:
        raise ValueError(f"row and col have one shape, got {row.shape} and {col.shape}")
    counts = row >= 0
    if not numpy.array_equal(counts, col >= 0):
        raise ValueError("an entry that does not count has both a negative row and a negative col")
    for order, (first, second) in (("C", (row, col)), ("F", (col, row))):
        batches = [numpy.atleast_2d(a) for a in (first, second, counts)]
        if all(_is_sorted(a[c], b[c]) for a, b, c in zip(*batches, strict=True)):
            return order
    return "other"


def _is_sorted(first: Any, second: Any) -> bool:
    step, inner = numpy.diff(first), numpy.diff(second)
    return bool(numpy.all((step > 0) | ((step == 0) & (inner >= 0))))
