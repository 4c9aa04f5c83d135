"""ConcatenatedDataset: several datasets, one after the other."""

from __future__ import annotations

from typing import Any

from catenary.dataset.dataset_mixin import DatasetMixin

__all__ = ["ConcatenatedDataset"]


class ConcatenatedDataset(DatasetMixin):
    """Dataset of the examples of the first dataset, then those of the second, and so on.

    Args:
        datasets: Datasets to read.
    """

    def __init__(self, *datasets: Any) -> None:
        self._datasets = datasets

    def __len__(self) -> int:
        return sum(map(len, self._datasets))

    def get_example(self, i: int) -> Any:
        """Return the `i`-th example.

        Raises:
            IndexError: If there is no such example; negative indices are refused too.
        """
        rest = i
        if rest >= 0:
            for dataset in self._datasets:
                if rest < len(dataset):
                    return dataset[rest]
                rest -= len(dataset)
        raise IndexError(f"there is no example {i} in a dataset of {len(self)}")
