"""SerialIterator: one batch after the other, in this thread."""

from __future__ import annotations

from typing import Any

from catenary.dataset.batch import read
from catenary.iterators.position import Indices, Position
from catenary.iterators.sweeping import SweepingIterator

__all__ = ["SerialIterator"]


class SerialIterator(SweepingIterator):
    """Iterator that reads examples one by one.

    With `repeat`, a batch that reaches the end of a sweep is filled up from the next one.

    Args:
        dataset: Object with ``__len__`` and ``__getitem__``.
        batch_size: Examples per batch, at least 1.
        repeat: Whether to go on for ever; otherwise iteration stops after one sweep.
        shuffle: Whether each sweep has a random order, drawn from NumPy's global generator. None
            means True unless `order_sampler` is given.
        order_sampler: Callable of an order and a position that returns the next sweep's order.

    Raises:
        ValueError: If both `shuffle` and `order_sampler` are given.

    Differs: after an exception of the dataset the iterator stands where it stood.
    """

    def _examples(self, position: Position, indices: Indices) -> list[Any]:
        return read(self.dataset, indices)
