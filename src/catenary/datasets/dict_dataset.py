"""DictDataset: several datasets side by side, by name."""

from __future__ import annotations

from typing import Any

from catenary.dataset.batch import Indices, Place, side_by_side

__all__ = ["DictDataset"]


class DictDataset:
    """Dataset whose `i`-th example is the dictionary of the `i`-th examples of others.

    Args:
        datasets: Datasets (arrays and lists too) of equal length, by name.

    Raises:
        ValueError: If there is none, or their lengths differ.
    """

    def __init__(self, **datasets: Any) -> None:
        if not datasets:
            raise ValueError("no datasets are given")
        lengths = {name: len(dataset) for name, dataset in datasets.items()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"the datasets have different lengths: {lengths}")
        self._datasets = datasets

    def __getitem__(self, index: Any) -> Any:
        """Return the dictionary at an index, or the list of dictionaries of a slice."""
        columns = {name: dataset[index] for name, dataset in self._datasets.items()}
        if not isinstance(index, slice):
            return columns
        rows = zip(*columns.values(), strict=True)
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def __len__(self) -> int:
        return len(next(iter(self._datasets.values())))

    def _locate(self, indices: Indices) -> Place | None:
        if type(self).__getitem__ is not DictDataset.__getitem__:
            return None
        return side_by_side(tuple(self._datasets.values()), tuple(self._datasets), indices)
