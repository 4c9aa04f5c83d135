"""Tables seen through a function: of a row, or of many rows at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary.dataset.tabular.tabular_dataset import (
    Columns,
    Indices,
    KeyIndices,
    TabularDataset,
)

__all__ = ["Transform", "TransformBatch"]

_UNKNOWN: Any = object()


class _Transformed(TabularDataset):
    """What both kinds share: new keys, and a mode that the function's results decide."""

    _word = "transform"

    def __init__(
        self, dataset: TabularDataset, keys: str | tuple[str, ...], transform: Callable[..., Any]
    ) -> None:
        self._dataset = dataset
        self._keys = keys if isinstance(keys, tuple) else (keys,)
        self._transform = transform
        self._mode: type | None = _UNKNOWN

    def __len__(self) -> int:
        return len(self._dataset)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the new columns."""
        return self._keys

    @property
    def mode(self) -> type | None:
        """What a row is: what the function returns; the first row is transformed to see it."""
        if self._mode is _UNKNOWN:
            self.get_examples([0], None)
        return self._mode

    def convert(self, data: Any) -> Any:
        """Convert as the table does."""
        return self._dataset.convert(data)

    def _apply(self, arguments: Columns) -> tuple[Any, ...]:
        """Call the function, and return its results in the order of the keys."""
        if self._dataset.mode is dict:
            result = self._transform(**dict(zip(self._dataset.keys, arguments, strict=True)))
        else:
            result = self._transform(*arguments)
        mode = next((kind for kind in (tuple, dict) if isinstance(result, kind)), None)
        if self._mode not in (_UNKNOWN, mode):
            raise ValueError(
                f"{self._word} must not change its return type: it returned a "
                f"{_name(self._mode)} before and now a {_name(mode)}"
            )
        self._mode = mode
        if mode is dict:
            return tuple(result[key] for key in self._keys)
        return tuple(result) if mode is tuple else (result,)


def _name(mode: type | None) -> str:
    return "single value" if mode is None else mode.__name__


class Transform(_Transformed):
    """Table whose rows are another's, transformed one by one."""

    def get_examples(self, indices: Indices, key_indices: KeyIndices) -> Columns:
        """Return a part of the table, column by column: lists."""
        wanted = range(len(self._keys)) if key_indices is None else key_indices
        columns = self._dataset.get_examples(indices, None)
        rows = [self._apply(row) for row in zip(*columns, strict=True)]
        return tuple([row[i] for row in rows] for i in wanted)


class TransformBatch(_Transformed):
    """Table whose columns are made of another's, many rows at once."""

    _word = "transform_batch"

    def get_examples(self, indices: Indices, key_indices: KeyIndices) -> Columns:
        """Return a part of the table, column by column.

        Raises:
            ValueError: If the function returns another number of rows, or another kind of result.
        """
        wanted = range(len(self._keys)) if key_indices is None else key_indices
        if indices is None:
            size = len(self)
        elif isinstance(indices, slice):
            size = len(range(len(self))[indices])
        else:
            size = len(indices)
        columns = self._apply(self._dataset.get_examples(indices, None))
        lengths = [len(column) for column in columns]
        if any(length != size for length in lengths):
            raise ValueError(
                f"transform_batch must not change the length of data: it got {size} rows and "
                f"returned {lengths}"
            )
        return tuple(columns[i] for i in wanted)
