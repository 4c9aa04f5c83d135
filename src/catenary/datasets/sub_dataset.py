"""SubDataset: a part of a dataset; and ways to cut one into parts."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from catenary.dataset.batch import Indices, Place, locate
from catenary.dataset.dataset_mixin import DatasetMixin

__all__ = [
    "SubDataset",
    "get_cross_validation_datasets",
    "get_cross_validation_datasets_random",
    "split_dataset",
    "split_dataset_n",
    "split_dataset_n_random",
    "split_dataset_random",
]

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

    def _locate(self, indices: Indices) -> Place | None:
        own = type(self)
        if (
            own.__getitem__ is not SubDataset.__getitem__
            or own.get_example is not SubDataset.get_example
            or not isinstance(self._order, (np.ndarray, type(None)))
            or len(indices) == 0
            or indices.min() < 0
            or indices.max() >= len(self)
        ):
            return None
        positions = indices + self._positions.start
        return locate(self._dataset, positions if self._order is None else self._order[positions])


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
    return split_dataset(dataset, first_size, _permutation(dataset, seed))


def split_dataset_n(dataset: Any, n: int, order: Order | None = None) -> list[SubDataset]:
    """Cut a dataset into `n` parts of equal size.

    Args:
        dataset: Dataset to cut.
        n: Number of parts, at least 1.
        order: Indices into `dataset`; its own order by default.

    Returns:
        Parts of ``len(dataset) // n`` examples; up to ``n - 1`` examples at the end are left out.
    """
    size = len(dataset) // n
    return [SubDataset(dataset, size * i, size * (i + 1), order) for i in range(n)]


def split_dataset_n_random(dataset: Any, n: int, seed: int | None = None) -> list[SubDataset]:
    """Cut a dataset into `n` parts of equal size at random.

    Args:
        dataset: Dataset to cut.
        n: Number of parts, at least 1.
        seed: Seed of the permutation: equal seeds give equal parts. None draws a new one.
    """
    return split_dataset_n(dataset, n, _permutation(dataset, seed))


def get_cross_validation_datasets(
    dataset: Any, n_folds: int | None = None, order: Order | None = None, **kwargs: Any
) -> list[tuple[SubDataset, SubDataset]]:
    """Return the training and test sets of a cross validation.

    Each example is in the test set of exactly one pair; the test sets' sizes differ by at most 1.

    Args:
        dataset: Dataset to cut.
        n_folds: Number of pairs, at least 1.
        order: Indices into `dataset`; its own order by default.
        **kwargs: The old name of `n_folds`, `n_fold`, which is deprecated.

    Raises:
        TypeError: If `n_folds` is missing.
    """
    folds = _folds(n_folds, kwargs)
    size = len(dataset)
    indices = np.arange(size) if order is None else np.array(order)
    borders = [size * i // folds for i in range(folds + 1)]
    pairs = []
    for start, stop in reversed(list(itertools.pairwise(borders))):
        moved = np.concatenate([indices[stop:], indices[:start], indices[start:stop]])
        pairs.append(split_dataset(dataset, size - (stop - start), moved))
    return pairs


def get_cross_validation_datasets_random(
    dataset: Any, n_folds: int | None = None, seed: int | None = None, **kwargs: Any
) -> list[tuple[SubDataset, SubDataset]]:
    """Return the training and test sets of a cross validation in random order.

    Args:
        dataset: Dataset to cut.
        n_folds: Number of pairs, at least 1.
        seed: Seed of the permutation: equal seeds give equal parts. None draws a new one.
        **kwargs: The old name of `n_folds`, `n_fold`, which is deprecated.

    Raises:
        TypeError: If `n_folds` is missing.
    """
    folds = _folds(n_folds, kwargs)
    return get_cross_validation_datasets(dataset, folds, _permutation(dataset, seed))


def _permutation(dataset: Any, seed: int | None) -> Order:
    return np.random.RandomState(seed).permutation(len(dataset))


def _folds(n_folds: int | None, old: dict[str, Any]) -> int:
    unknown = sorted(set(old) - {"n_fold"})
    if unknown:
        raise TypeError(f"unexpected keyword arguments {unknown}; give n_folds and order or seed")
    if "n_fold" in old:
        warnings.warn("n_fold is deprecated; write n_folds", DeprecationWarning, stacklevel=3)
        n_folds = old["n_fold"]
    if n_folds is None:
        raise TypeError("n_folds is missing: the number of pairs of training and test set")
    return n_folds
