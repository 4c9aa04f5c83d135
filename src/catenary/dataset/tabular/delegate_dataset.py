"""DelegateDataset: a table that stands for another."""

from __future__ import annotations

from catenary.dataset.tabular.tabular_dataset import (
    Columns,
    Indices,
    KeyIndices,
    TabularDataset,
)

__all__ = ["DelegateDataset"]


class DelegateDataset(TabularDataset):
    """Table that reads another one: a base for classes that build their table in ``__init__``.

    Args:
        dataset: The table to read.
    """

    def __init__(self, dataset: TabularDataset) -> None:
        self.dataset = dataset

    def __len__(self) -> int:
        return len(self.dataset)

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the columns."""
        return self.dataset.keys

    @property
    def mode(self) -> type | None:
        """What a row is."""
        return self.dataset.mode

    def get_examples(self, indices: Indices, key_indices: KeyIndices) -> Columns:
        """Return a part of the table, column by column."""
        return self.dataset.get_examples(indices, key_indices)
