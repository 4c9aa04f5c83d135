"""TabularDataset: rows and columns, and the views that can be made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from catenary import backend
from catenary.dataset.dataset_mixin import DatasetMixin

__all__ = ["Columns", "Indices", "KeyIndices", "TabularDataset"]

Indices = slice | Sequence[int] | None
KeyIndices = Sequence[int] | None
Columns = tuple[Any, ...]
Function = Callable[..., Any]


class TabularDataset(DatasetMixin):
    """Base of tables; a subclass defines ``__len__``, `keys`, `mode` and `get_examples`.

    An example is a row: a tuple of its entries, a dictionary, or, in a table of one column, the
    entry alone. `mode` says which. Views read the table that they were made of when they are read.
    """

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns."""
        raise NotImplementedError(f"{type(self).__name__} does not define keys")

    @property
    def mode(self) -> type | None:
        """What a row is: `tuple`, `dict`, or None for the entry of the only column."""
        raise NotImplementedError(f"{type(self).__name__} does not define mode")

    def get_examples(self, indices: Indices, key_indices: KeyIndices) -> Columns:
        """Return a part of the table, column by column.

        Args:
            indices: Numbers of rows, as a list or a slice; None for all.
            key_indices: Numbers of columns; None for all.

        Returns:
            A list or array for each column asked for.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define get_examples")

    def get_example(self, i: int) -> Any:
        """Return the `i`-th row."""
        return self._in_mode(tuple(column[0] for column in self.get_examples([i], None)))

    def __iter__(self) -> Iterator[Any]:
        return (self.get_example(i) for i in range(len(self)))

    def _in_mode(self, parts: Columns) -> Any:
        mode = self.mode
        if mode is dict:
            return dict(zip(self.keys, parts, strict=True))
        return parts if mode is tuple else parts[0]

    def fetch(self) -> Any:
        """Return the whole table: a tuple or dictionary of columns, or the only one."""
        return self._in_mode(self.get_examples(None, None))

    def convert(self, data: Any) -> Any:
        """Return fetched columns as arrays, or as the converter of `with_converter` makes them.

        Args:
            data: What `fetch` returns. A table that was concatenated or joined converts as the
                first of its parts does.
        """
        if isinstance(data, tuple):
            return tuple(map(_as_array, data))
        if isinstance(data, dict):
            return {key: _as_array(column) for key, column in data.items()}
        return _as_array(data)

    @property
    def slice(self) -> Any:
        """Views of parts: ``table.slice[rows]`` or ``table.slice[rows, keys]``.

        Rows are a slice, a list of numbers, or a list of as many booleans as there are rows. Keys
        are a tuple of names or numbers, or one of them, which makes rows its entries.
        """
        from catenary.dataset.tabular.slicing import Slicer

        return Slicer(self)

    def astuple(self) -> TabularDataset:
        """Return a view whose rows are tuples."""
        from catenary.dataset.tabular.views import AsMode

        return AsMode(self, tuple)

    def asdict(self) -> TabularDataset:
        """Return a view whose rows are dictionaries."""
        from catenary.dataset.tabular.views import AsMode

        return AsMode(self, dict)

    def concat(self, *datasets: TabularDataset) -> TabularDataset:
        """Return the rows of this table, followed by those of others.

        Args:
            datasets: Tables with the same keys.

        Raises:
            ValueError: If their keys differ.
        """
        from catenary.dataset.tabular.stacked import Concat

        return Concat(self, *datasets)

    def join(self, *datasets: TabularDataset) -> TabularDataset:
        """Return the columns of this table, beside those of others.

        Args:
            datasets: Tables of the same length with other keys.

        Raises:
            ValueError: If lengths differ, or a key appears twice.
        """
        from catenary.dataset.tabular.stacked import Join

        return Join(self, *datasets)

    def transform(self, keys: str | tuple[str, ...], transform: Function) -> TabularDataset:
        """Return a view whose rows are those of this table, transformed when they are read.

        Args:
            keys: Names of the new columns.
            transform: Function of a row's entries: by position, or by name if rows are
                dictionaries. Returns a tuple, a dictionary or a single entry, always the same kind.
        """
        from catenary.dataset.tabular.transformed import Transform

        return Transform(self, keys, transform)

    def transform_batch(
        self, keys: str | tuple[str, ...], transform_batch: Function
    ) -> TabularDataset:
        """Return a view whose columns are made of this table's, many rows at once.

        Args:
            keys: Names of the new columns.
            transform_batch: Function of lists or arrays of entries, one for each column, that
                returns as many entries of each new column; otherwise as for `transform`.
        """
        from catenary.dataset.tabular.transformed import TransformBatch

        return TransformBatch(self, keys, transform_batch)

    def with_converter(self, converter: Function) -> TabularDataset:
        """Return a view that converts otherwise.

        Args:
            converter: Function of columns: by position, or by name if rows are dictionaries.
        """
        from catenary.dataset.tabular.views import WithConverter

        return WithConverter(self, converter)


def _as_array(column: Any) -> Any:
    if isinstance(column, backend.get_array_types()):
        return column
    device = backend.get_device_from_array(column[0])
    with backend.using_device(device):
        xp = backend.get_array_module(column[0])
        return xp.asarray(column)
