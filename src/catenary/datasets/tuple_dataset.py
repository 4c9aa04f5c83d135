"""TupleDataset: several datasets side by side."""

from __future__ import annotations

from typing import Any

from catenary.dataset.batch import Indices, Place, side_by_side

__all__ = ["TupleDataset"]


class TupleDataset:
    """Dataset whose `i`-th example is the tuple of the `i`-th examples of others.

    Args:
        datasets: Datasets (arrays and lists too) of equal length.

    Raises:
        ValueError: If there is none, or their lengths differ.
    """

    def __init__(self, *datasets: Any) -> None:
        if not datasets:
            raise ValueError("no datasets are given")
        lengths = [len(dataset) for dataset in datasets]
        if len(set(lengths)) > 1:
            raise ValueError(f"the datasets have different lengths: {lengths}")
        self._datasets = datasets

    def __getitem__(self, index: Any) -> Any:
        """Return the tuple at an index, or the list of tuples of a slice."""
        columns = tuple(dataset[index] for dataset in self._datasets)
        return list(zip(*columns, strict=True)) if isinstance(index, slice) else columns

    def __len__(self) -> int:
        return len(self._datasets[0])

    def _locate(self, indices: Indices) -> Place | None:
        if type(self).__getitem__ is not TupleDataset.__getitem__:
            return None
        return side_by_side(self._datasets, None, indices)
