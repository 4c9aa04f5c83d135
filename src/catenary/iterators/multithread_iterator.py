"""MultithreadIterator: threads read the next batch while this one is used."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from catenary.iterators.position import Indices, Position, Sampler
from catenary.iterators.prefetching import PrefetchingIterator

__all__ = ["MultithreadIterator"]

_CHUNKS_PER_THREAD = 4  # so that a thread with slow examples keeps nobody waiting for long


class MultithreadIterator(PrefetchingIterator):
    """Iterator whose next batch is read by threads.

    It hands out the batches of :class:`SerialIterator`, in the same order for the same seed.
    Threads help where a dataset waits for files or works in code that releases Python's lock;
    random numbers that a dataset draws come in no fixed order. A dataset of arrays in memory is
    indexed in this thread, which is faster.

    Args:
        dataset: Object with ``__len__`` and ``__getitem__``, which must be safe to call from
            several threads.
        batch_size: Examples per batch, at least 1.
        repeat: Whether to go on for ever; otherwise iteration stops after one sweep.
        shuffle: Whether each sweep has a random order, drawn from NumPy's global generator. None
            means True unless `order_sampler` is given.
        n_threads: Number of threads, at least 1.
        order_sampler: Callable of an order and a position that returns the next sweep's order.

    Raises:
        ValueError: If both `shuffle` and `order_sampler` are given.
    """

    _ORDER_KEYS = ("_order", "order")  # Chainer saves this iterator's order under this key
    _pool: tuple[int, ThreadPoolExecutor] | None = None

    def __init__(
        self,
        dataset: Any,
        batch_size: int,
        repeat: bool = True,
        shuffle: bool | None = None,
        n_threads: int = 1,
        order_sampler: Sampler | None = None,
    ) -> None:
        super().__init__(dataset, batch_size, repeat, shuffle, order_sampler)
        self.n_threads = n_threads

    def _begin(self, position: Position, indices: Indices) -> list[Future[list[Any]]]:
        if self._pool is None or self._pool[0] != os.getpid():  # threads do not survive a fork
            self._pool = os.getpid(), ThreadPoolExecutor(self.n_threads, "catenary-iterator")
        pieces = max(1, min(len(indices), self.n_threads * _CHUNKS_PER_THREAD))
        chunks = np.array_split(indices, pieces)
        return [self._pool[1].submit(_read, self.dataset, chunk) for chunk in chunks]

    def _collect(self, begun: list[Future[list[Any]]]) -> list[Any]:
        return [example for chunk in begun for example in chunk.result()]

    def _abandon(self, begun: list[Future[list[Any]]]) -> None:
        for chunk in begun:
            chunk.cancel()

    def finalize(self) -> None:
        """Stop the threads; iterating again starts new ones."""
        pool, self._pool = self._pool, None
        if pool is not None and pool[0] == os.getpid():
            self._forget()
            pool[1].shutdown(cancel_futures=True)


def _read(dataset: Any, indices: Indices) -> list[Any]:
    return [dataset[index] for index in indices]
