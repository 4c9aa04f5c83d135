"""PrefetchingIterator: batches are begun before they are asked for."""

from __future__ import annotations

import os
from collections import deque
from typing import Any

import numpy as np

from catenary.dataset.batch import Batch, locate
from catenary.iterators.position import Indices, Position, foresee
from catenary.iterators.sweeping import SweepingIterator

__all__ = ["PrefetchingIterator"]


class PrefetchingIterator(SweepingIterator):
    """Base of iterators that read ahead.

    What is read ahead is no part of the iterator's state: the position, and with it a snapshot, is
    that of the consumer. A new sweep's order is asked for when the batch that completes the sweep
    is handed out, as SerialIterator does, and not when reading ahead gets there: so the same seed
    gives the same run, and random numbers that are drawn in between stay where they were.
    """

    _depth = 1  # batches to read ahead

    def _move(self, position: Position, previous_epoch_detail: float) -> None:
        super()._move(position, previous_epoch_detail)
        self._forget()

    def _forget(self) -> None:
        """Drop what was begun."""
        for _, begun in getattr(self, "_ahead", ()):
            self._abandon(begun)
        self._ahead: deque[tuple[Indices, Any]] = deque()
        self._horizon: Position | None = None  # after the last batch begun, if known
        self._reader = os.getpid()

    def _examples(self, position: Position, indices: Indices) -> list[Any]:
        place = locate(self.dataset, indices)
        if place is not None:  # rows of arrays in memory: there is nothing to wait for
            return Batch(place)
        if self._reader != os.getpid():  # a fork: what was begun arrives in the other process
            self._ahead.clear()
            self._reader = os.getpid()
        if self._ahead and not np.array_equal(self._ahead[0][0], indices):
            self._forget()  # the program has changed `batch_size`, say
        if not self._ahead:
            self._ahead.append((indices, self._begin(self._position, indices)))
        if len(self._ahead) == 1:
            self._horizon = position
        self._look_ahead()
        try:
            batch = self._collect(self._ahead[0][1])
        except Warning:
            raise
        except Exception:
            self._forget()
            raise
        self._ahead.popleft()
        return batch

    def _look_ahead(self) -> None:
        size = len(self.dataset)
        while len(self._ahead) <= self._depth and self._horizon is not None:
            seen = foresee(self._horizon, self.batch_size, self._repeat, self.order_sampler, size)
            if seen is None:
                return
            self._ahead.append((seen[1].copy(), self._begin(self._horizon, seen[1])))
            self._horizon = seen[0]

    def _begin(self, position: Position, indices: Indices) -> Any:
        """Start to read a batch.

        Args:
            position: Where the iterator stands before the batch.
            indices: Which examples.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define _begin")

    def _collect(self, begun: Any) -> list[Any]:
        """Wait for what `_begin` returned, and return the examples."""
        raise NotImplementedError(f"{type(self).__name__} does not define _collect")

    def _abandon(self, begun: Any) -> None:
        """Let go of what `_begin` returned."""
        raise NotImplementedError(f"{type(self).__name__} does not define _abandon")

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_ahead": deque(), "_horizon": None, "_pool": None}
