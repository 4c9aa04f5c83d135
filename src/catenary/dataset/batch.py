"""Batches that know where they were read, so that stacking them is one indexing of each array."""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Batch", "Place", "locate", "read", "side_by_side", "stacked"]

Array = np.ndarray[Any, Any]
Indices = np.ndarray[Any, np.dtype[np.intp]]


class Place(NamedTuple):
    """Where examples lie: rows of arrays.

    Attributes:
        columns: One array for each part of an example.
        keys: The parts' names where examples are dictionaries; None where they are tuples, ``()``
            where an example is a row itself.
        rows: Indices of the rows.
    """

    columns: tuple[Array, ...]
    keys: tuple[str, ...] | None
    rows: Indices


class Batch(list[Any]):
    """List of examples that remembers their place.

    It is a list in every respect: nobody need know that it is more, and whoever changes it may.
    Only :func:`stacked` looks at the place, after having seen that each example is still the one
    that was read there. Copies, slices and pickles of it are plain lists.
    """

    __slots__ = ("_place", "_read")

    def __init__(self, place: Place) -> None:
        where = place.rows.tolist()
        parts = [map(column.__getitem__, where) for column in place.columns]
        if place.keys:
            keys = place.keys
            super().__init__(
                [dict(zip(keys, each, strict=True)) for each in zip(*parts, strict=True)]
            )
        else:
            super().__init__(parts[0] if place.keys == () else zip(*parts, strict=True))
        self._place = place
        self._read = self._parts()

    def _parts(self) -> tuple[Any, ...]:
        return tuple(chain.from_iterable(map(dict.values, self)) if self._place.keys else self)

    def is_as_read(self) -> bool:
        """Whether every example is still the object that was read."""
        keys = self._place.keys
        if len(self) != len(self._place.rows):
            return False
        if keys and not (set(map(type, self)) == {dict} and set(map(tuple, self)) == {keys}):
            return False
        return all(map(operator.is_, self._parts(), self._read))

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[list[Any]]]:
        return list, (list(self),)

    def __copy__(self) -> list[Any]:
        return list(self)


def locate(dataset: Any, indices: Indices) -> Place | None:
    """Return where the examples of a dataset lie, None unless they are rows of arrays in memory.

    Args:
        dataset: An array, or a dataset whose class has a method ``_locate``. Only the class counts:
            an object that passes on what it lacks to the dataset it wraps is no such dataset.
        indices: Which examples.
    """
    if type(dataset) is np.ndarray:
        return side_by_side((dataset,), (), indices)
    find: Callable[[Any, Indices], Place | None] | None = getattr(type(dataset), "_locate", None)
    return None if find is None else find(dataset, indices)


def side_by_side(
    columns: tuple[Any, ...], keys: tuple[str, ...] | None, indices: Indices
) -> Place | None:
    """Return the place of examples that have one row of each column, if all columns are plain."""
    if len(indices) > 0 and indices.dtype.kind in "iu" and all(map(_is_plain, columns)):
        return Place(columns, keys, indices)
    return None


def _is_plain(column: Any) -> bool:
    """Whether stacking single rows gives what indexing gives: an array of native numbers."""
    if type(column) is not np.ndarray or column.ndim == 0:
        return False
    return column.dtype.kind in "biufc" and column.dtype.isnative


def read(dataset: Any, indices: Indices) -> list[Any]:
    """Return examples of a dataset.

    Args:
        dataset: Object with ``__len__`` and ``__getitem__``.
        indices: Which examples, in this order.
    """
    place = locate(dataset, indices)
    return [dataset[index] for index in indices] if place is None else Batch(place)


def stacked(batch: Any) -> Any:
    """Return a batch stacked along a new first axis, in memory of its own.

    Returns:
        Array, tuple or dictionary of arrays; None for a batch whose place is unknown.
    """
    if type(batch) is not Batch or not batch.is_as_read():
        return None
    columns, keys, rows = batch._place
    arrays = tuple(column.take(rows, axis=0) for column in columns)
    if keys is None:
        return arrays
    return dict(zip(keys, arrays, strict=True)) if keys else arrays[0]
