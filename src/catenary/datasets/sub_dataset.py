"""SubDataset: a part of a dataset; and ways to cut one in two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from catenary.dataset.dataset_mixin import DatasetMixin

__all__ = ["SubDataset", "split_dataset", "split_dataset_random"]

Order = Sequence[int] | np.ndarray[Any, Any]


class SubDataset(DatasetMixin):
    """Dataset of the examples ``order[start:finish]`` of another.

    Args:
        dataset: Dataset to read.
        start: First position.
        finish: Position after the last.
        order: Indices into `dataset`, as many as it has examples; its own order by default.

    Raises:
        ValueError: If the part reaches beyond the dataset, or `order` has another length.
    """

    def __init__(self, dataset: Any, start: int, finish: int, order: Order | None = None) -> None:
        size = len(dataset)
        if start < 0 or finish > size:
            raise ValueError(f"the part {start}:{finish} reaches beyond the dataset of {size}")
        if order is not None and len(order) != size:
            raise ValueError(f"order has {len(order)} indices for a dataset of {size}")
        self._dataset = dataset
        self._positions = range(start, finish)
        self._order = order

    def __len__(self) -> int:
        return len(self._positions)

    def get_example(self, i: int) -> Any:
        """Return the `i`-th example of the part; a negative `i` counts from its end.

        Raises:
            IndexError: If there is no such example.
        """
        position = self._positions[i]
        return self._dataset[position if self._order is None else self._order[position]]


def split_dataset(
    dataset: Any, split_at: int, order: Order | None = None
) -> tuple[SubDataset, SubDataset]:
    """Cut a dataset in two.

    Args:
        dataset: Dataset to cut.
        split_at: Number of examples in the first part.
        order: Indices into `dataset`; its own order by default.

    Returns:
        The parts ``order[:split_at]`` and ``order[split_at:]``.

    Raises:
        TypeError: If `split_at` is no integer.
        ValueError: If it is negative or exceeds the dataset's size.
    """
    if not isinstance(split_at, (int, np.integer)):
        raise TypeError(f"split_at must be an integer, not {type(split_at).__name__}")
    size = len(dataset)
    if not 0 <= split_at <= size:
        raise ValueError(f"split_at is {split_at}; it must lie in [0, {size}], the dataset's size")
    cut = int(split_at)
    return SubDataset(dataset, 0, cut, order), SubDataset(dataset, cut, size, order)


def split_dataset_random(
    dataset: Any, first_size: int, seed: int | None = None
) -> tuple[SubDataset, SubDataset]:
    """Cut a dataset in two at random.

    Args:
        dataset: Dataset to cut.
        first_size: Number of examples in the first part.
        seed: Seed of the permutation: equal seeds give equal parts. None draws a new one.
    """
    order = np.random.RandomState(seed).permutation(len(dataset))
    return split_dataset(dataset, first_size, order)
