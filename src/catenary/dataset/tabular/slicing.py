"""Views of parts of a table: some rows, some columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from catenary.dataset.tabular.tabular_dataset import (
    Columns,
    Indices,
    KeyIndices,
    TabularDataset,
)

__all__ = ["Slice", "Slicer"]


class Slicer:
    """What ``table.slice`` is: indexing it gives a view.

    Args:
        dataset: The table.
    """

    def __init__(self, dataset: TabularDataset) -> None:
        self._dataset = dataset

    def __getitem__(self, args: Any) -> TabularDataset:
        rows, keys = args if isinstance(args, tuple) else (args, None)
        return Slice(self._dataset, rows, keys)


class Slice(TabularDataset):
    """View of some rows and columns.

    Args:
        dataset: The table.
        indices: Rows: a slice, numbers, or booleans.
        keys: Columns: a tuple of names or numbers, one of them, or None for all.

    Raises:
        ValueError: If there are not as many booleans as rows.
        IndexError: If there is no such row or column.
        KeyError: If no column has such a name.
    """

    def __init__(self, dataset: TabularDataset, indices: Any, keys: Any) -> None:
        self._dataset = dataset
        self._rows = _rows(indices, len(dataset))
        self._is_unary = keys is not None and not isinstance(keys, tuple)
        names = (keys,) if self._is_unary else keys
        self._columns = None if names is None else _columns(names, dataset.keys)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns in view."""
        names = self._dataset.keys
        return names if self._columns is None else tuple(names[i] for i in self._columns)

    @property
    def mode(self) -> type | None:
        """What a row is: the entry alone if one column was asked for."""
        if self._is_unary:
            return None
        return self._dataset.mode or (None if self._columns is None else tuple)

    def get_examples(self, indices: Indices, key_indices: KeyIndices) -> Columns:
        """Return a part of the view, column by column."""
        rows = self._rows
        if isinstance(indices, slice):
            rows = rows[indices]
        elif indices is not None:
            rows = [rows[i] for i in indices]
        columns: KeyIndices = self._columns
        if columns is None:
            columns = key_indices
        elif key_indices is not None:
            columns = tuple(columns[i] for i in key_indices)
        return self._dataset.get_examples(_as_slice(rows), columns)

    def convert(self, data: Any) -> Any:
        """Convert as the table does."""
        return self._dataset.convert(data)


def _as_slice(rows: range | list[int]) -> slice | list[int]:
    if isinstance(rows, list):
        return rows
    stop = rows.stop if rows.stop >= 0 else None
    return slice(rows.start, stop, rows.step) if rows else slice(0, 0)


def _rows(indices: Any, size: int) -> range | list[int]:
    if isinstance(indices, slice):
        return range(size)[indices]
    if len(indices) > 0 and all(isinstance(index, (bool, np.bool_)) for index in indices):
        if len(indices) != size:
            raise ValueError(f"{len(indices)} booleans choose from {size} rows: give one for each")
        return [i for i, index in enumerate(indices) if index]
    return [_within(int(index), size, "row") for index in indices]


def _columns(keys: tuple[str | int, ...], names: Sequence[str]) -> tuple[int, ...]:
    found = []
    for key in keys:
        if isinstance(key, (int, np.integer)):
            found.append(_within(int(key), len(names), "column"))
        elif key in names:
            found.append(names.index(key))
        else:
            raise KeyError(f"there is no column {key!r}; there are {', '.join(names)}")
    return tuple(found)


def _within(index: int, size: int, what: str) -> int:
    if not -size <= index < size:
        raise IndexError(f"there is no {what} {index}: the table has {size}")
    return index % size
