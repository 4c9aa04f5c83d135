"""Tables made of tables: rows after rows, columns beside columns."""

from __future__ import annotations

import bisect
import itertools
from typing import Any

from catenary.dataset.tabular.tabular_dataset import (
    Columns,
    Indices,
    KeyIndices,
    TabularDataset,
)

__all__ = ["Concat", "Join"]


class Concat(TabularDataset):
    """The rows of several tables, one table after the other.

    Args:
        datasets: Tables with the same keys.

    Raises:
        ValueError: If their keys differ.
    """

    def __init__(self, *datasets: TabularDataset) -> None:
        keys = {dataset.keys for dataset in datasets}
        if len(keys) > 1:
            raise ValueError(f"tables one after the other need the same keys, not {sorted(keys)}")
        self._datasets = datasets
        self._ends = list(itertools.accumulate(map(len, datasets)))

    def __len__(self) -> int:
        return self._ends[-1]

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self._datasets[0].keys

    @property
    def mode(self) -> type | None:
        """What a row is: what it is in the first table."""
        return self._datasets[0].mode

    def get_examples(self, indices: Indices, key_indices: KeyIndices) -> Columns:
        """Return a part of the table, column by column; lists, where it lies in several tables."""
        if indices is None:
            parts = [dataset.get_examples(None, key_indices) for dataset in self._datasets]
            return tuple([*itertools.chain(*columns)] for columns in zip(*parts, strict=True))
        size = len(self)
        rows = range(size)[indices] if isinstance(indices, slice) else indices
        asked: dict[int, list[int]] = {}
        places = []
        for row in rows:
            position = range(size)[row]
            table = bisect.bisect_right(self._ends, position)
            own = asked.setdefault(table, [])
            places.append((table, len(own)))
            own.append(position - self._ends[table] + len(self._datasets[table]))
        read = {
            table: self._datasets[table].get_examples(own, key_indices)
            for table, own in asked.items()
        }
        if len(read) == 1:
            return next(iter(read.values()))
        count = len(self.keys if key_indices is None else key_indices)
        return tuple([read[table][column][i] for table, i in places] for column in range(count))

    def convert(self, data: Any) -> Any:
        """Convert as the first table does."""
        return self._datasets[0].convert(data)


class Join(TabularDataset):
    """The columns of several tables, side by side.

    Args:
        datasets: Tables of the same length with different keys.

    Raises:
        ValueError: If lengths differ, or a key appears twice.
    """

    def __init__(self, *datasets: TabularDataset) -> None:
        lengths = [len(dataset) for dataset in datasets]
        if len(set(lengths)) > 1:
            raise ValueError(f"tables side by side need the same length, not {lengths}")
        keys = [key for dataset in datasets for key in dataset.keys]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise ValueError(f"tables side by side need different keys; {twice} appear twice")
        self._datasets = datasets

    def __len__(self) -> int:
        return len(self._datasets[0])

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of all columns."""
        return tuple(key for dataset in self._datasets for key in dataset.keys)

    @property
    def mode(self) -> type | None:
        """What a row is: what it is in the first table that has more than entries."""
        return next((d.mode for d in self._datasets if d.mode is not None), tuple)

    def get_examples(self, indices: Indices, key_indices: KeyIndices) -> Columns:
        """Return a part of the table, column by column."""
        wanted = range(len(self.keys)) if key_indices is None else key_indices
        found: dict[int, Any] = {}
        offset = 0
        for dataset in self._datasets:
            width = len(dataset.keys)
            own = tuple(dict.fromkeys(i - offset for i in wanted if offset <= i < offset + width))
            if own:
                columns = dataset.get_examples(indices, None if key_indices is None else own)
                found.update(zip((offset + i for i in own), columns, strict=True))
            offset += width
        return tuple(found[i] for i in wanted)

    def convert(self, data: Any) -> Any:
        """Convert as the first table does."""
        return self._datasets[0].convert(data)
