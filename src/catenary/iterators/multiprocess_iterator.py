"""MultiprocessIterator: processes read the next batches while this one is used."""

from __future__ import annotations

import os
import weakref
import zlib
from typing import Any

import numpy as np

from catenary.iterators.position import Indices, Position, Sampler
from catenary.iterators.prefetching import PrefetchingIterator
from catenary.iterators.workers import Workers

__all__ = ["MultiprocessIterator"]


class MultiprocessIterator(PrefetchingIterator):
    """Iterator whose next batches are read by worker processes.

    It hands out the batches of :class:`SerialIterator`, in the same order for the same seed,
    whatever the number of processes. A snapshot taken and loaded in the middle gives the batches
    that an uninterrupted run gives: what was read ahead and not handed out is read again. Processes
    start at the first batch and end with :meth:`finalize`, at the end of a ``with`` block, or with
    the program. Arrays travel through shared memory that has no name.

    - An exception of the dataset is raised here, with the worker's traceback as its cause; the next
      call reads the same batch again.
    - A worker that dies is replaced, with a `RuntimeWarning` that names it, and its examples are
      read again; if they end a second process, that is a :class:`WorkerError`.
    - In a worker, the global generators of NumPy, Python and torch are seeded anew for each
      example, by its place in the run: random augmentation repeats exactly, and no two workers
      draw the same numbers. For an unshuffled dataset they do not depend on any seed.
    - A dataset of arrays in memory is indexed in this process, which is faster than any other.

    Args:
        dataset: Object with ``__len__`` and ``__getitem__``; unless processes are forked it is
            pickled once for each of them.
        batch_size: Examples per batch, at least 1.
        repeat: Whether to go on for ever; otherwise iteration stops after one sweep.
        shuffle: Whether each sweep has a random order, drawn from NumPy's global generator. None
            means True unless `order_sampler` is given.
        n_processes: Number of processes; as many as processors that may be used by default.
        n_prefetch: Batches that are read ahead, at least 1.
        shared_mem: Bytes of shared memory for each example to start with; it grows. None for what
            is needed, 0 to send examples through pipes.
        order_sampler: Callable of an order and a position that returns the next sweep's order.
        dataset_timeout: Seconds without an answer after which a `TimeoutWarning` tells which
            examples are being read; waiting goes on. None never to warn.
        maxtasksperchild: Parts of batches after which a process is replaced by a fresh one; None
            for never.

    Raises:
        ValueError: If both `shuffle` and `order_sampler` are given.

    Differs: Chainer waits for ever for a killed worker, draws orders while it reads ahead, and
    gives all workers the same random numbers.
    """

    class TimeoutWarning(RuntimeWarning):
        """The dataset takes longer than `dataset_timeout` to answer."""

    _pool: Workers | None = None
    _end: weakref.finalize[[], MultiprocessIterator] | None = None

    def __init__(
        self,
        dataset: Any,
        batch_size: int,
        repeat: bool = True,
        shuffle: bool | None = None,
        n_processes: int | None = None,
        n_prefetch: int = 1,
        shared_mem: int | None = None,
        order_sampler: Sampler | None = None,
        dataset_timeout: float | None = 30.0,
        maxtasksperchild: int | None = None,
    ) -> None:
        super().__init__(dataset, batch_size, repeat, shuffle, order_sampler)
        self.shuffle = shuffle
        self.n_processes = n_processes or _processors()
        self.n_prefetch = max(n_prefetch, 1)
        self.shared_mem = shared_mem
        self.dataset_timeout = dataset_timeout
        self.maxtasksperchild = maxtasksperchild

    @property
    def _depth(self) -> int:  # type: ignore[override]
        return self.n_prefetch

    def _workers(self) -> Workers:
        if self._pool is None or not self._pool.is_ours:
            self._pool = Workers(
                self.dataset, self.n_processes, self.shared_mem, self.maxtasksperchild
            )
            self._end = weakref.finalize(self, self._pool.close)
        return self._pool

    def _begin(self, position: Position, indices: Indices) -> list[int]:
        seed = (self._order_number(position), position.epoch, position.offset)
        return self._workers().begin(indices, seed)

    def _order_number(self, position: Position) -> int:
        """Return a number that tells this sweep's order from others."""
        order = position.order
        if order is None:
            return 0
        known, number = getattr(self, "_numbered", (None, 0))
        if known is not order:
            number = zlib.crc32(np.ascontiguousarray(order, np.int64).data)
            self._numbered = order, number
        return number

    def _collect(self, begun: list[int]) -> list[Any]:
        return self._workers().collect(begun, self.dataset_timeout, self.TimeoutWarning)

    def _abandon(self, begun: list[int]) -> None:
        if self._pool is not None:
            self._pool.abandon(begun)

    def finalize(self) -> None:
        """End the processes and wait until they have ended; iterating again starts new ones."""
        end, self._end, self._pool = self._end, None, None
        if end is not None:
            self._forget()
            end()

    def __getstate__(self) -> dict[str, Any]:
        return {**super().__getstate__(), "_end": None}


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
