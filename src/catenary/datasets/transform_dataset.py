"""TransformDataset: a dataset seen through a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary.dataset.dataset_mixin import DatasetMixin

__all__ = ["TransformDataset"]


class TransformDataset(DatasetMixin):
    """Dataset whose examples are another's, transformed when they are read.

    Args:
        dataset: Dataset to read.
        transform: Function of an example. It must not change the example in place: for a dataset
            held in memory that would change the dataset.
    """

    def __init__(self, dataset: Any, transform: Callable[[Any], Any]) -> None:
        self._dataset = dataset
        self._transform = transform

    def __len__(self) -> int:
        return len(self._dataset)

    def get_example(self, i: int) -> Any:
        """Return the `i`-th example, transformed."""
        return self._transform(self._dataset[i])
