"""from_data: a table made of arrays, lists and functions."""

from __future__ import annotations

from typing import Any

from catenary import backend
from catenary.dataset.tabular.tabular_dataset import (
    Columns,
    Indices,
    KeyIndices,
    TabularDataset,
)

__all__ = ["from_data"]


def from_data(data: Any, *, size: int | None = None) -> TabularDataset:
    """Make a table of arrays, lists and functions.

    - a list or array: one column without a name, rows are its entries
    - ``(name, column)``: one column, which may be a function of a row's number
    - ``(names, function)``: several columns that a function of a row's number returns
    - a tuple of such columns: rows are tuples
    - a dictionary of columns, by name or names: rows are dictionaries

    Args:
        data: As above.
        size: Number of rows; needed where all columns are functions.

    Raises:
        ValueError: If a function comes without a name, or no column tells the number of rows.
        TypeError: If something is neither a list nor an array nor a function.
    """
    if isinstance(data, dict):
        named: list[tuple[Any, Any]] = list(data.items())
        return _joined(named, size).asdict()
    if not isinstance(data, tuple):
        return _column(None, data, size)
    if len(data) == 2 and _is_name(data[0]):
        return _column(*data, size)
    return _joined([d if isinstance(d, tuple) else (None, d) for d in data], size).astuple()


def _is_name(key: Any) -> bool:
    if isinstance(key, tuple):
        return all(isinstance(part, str) for part in key)
    return isinstance(key, str)


def _joined(named: list[tuple[Any, Any]], size: int | None) -> TabularDataset:
    if size is None:
        size = next((len(d) for _, d in named if hasattr(d, "__len__")), None)
    first, *others = (_column(key, d, size) for key, d in named)
    return first.join(*others)


def _column(key: Any, data: Any, size: int | None) -> TabularDataset:
    if isinstance(data, (list, *backend.get_array_types())):
        return _Stored(f"_{id(data)}" if key is None else key, data)
    if not callable(data):
        raise TypeError(f"a column is a list, an array or a function, not a {type(data).__name__}")
    if key is None:
        raise ValueError("a function needs the names of its columns: give (names, function)")
    if size is None:
        raise ValueError("functions do not tell the number of rows: give size")
    return _Numbers(size).transform(key, data)


class _OneColumn(TabularDataset):
    """A table of one column, whose rows are its entries."""

    _key: str

    @property
    def keys(self) -> tuple[str, ...]:
        return (self._key,)

    @property
    def mode(self) -> type | None:
        return None

    def get_examples(self, indices: Indices, key_indices: KeyIndices) -> Columns:
        return (self._rows(indices),) * (1 if key_indices is None else len(key_indices))

    def _rows(self, indices: Indices) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define _rows")


class _Stored(_OneColumn):
    """A list or an array."""

    def __init__(self, key: str, data: Any) -> None:
        self._key = key
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def _rows(self, indices: Indices) -> Any:
        if indices is None:
            return self._data
        if isinstance(indices, slice) or not isinstance(self._data, list):
            return self._data[indices]
        return [self._data[index] for index in indices]


class _Numbers(_OneColumn):
    """The numbers of the rows."""

    _key = "index"

    def __init__(self, size: int) -> None:
        self._size = size

    def __len__(self) -> int:
        return self._size

    def _rows(self, indices: Indices) -> Any:
        if indices is None or isinstance(indices, slice):
            return list(range(self._size)[indices or slice(None)])
        return indices
