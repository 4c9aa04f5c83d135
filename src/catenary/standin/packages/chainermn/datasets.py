"""Datasets shared among processes, of which there is one."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.datasets import SubDataset

__all__ = ["DataSizeError", "create_empty_dataset", "scatter_dataset", "scatter_index"]


class DataSizeError(RuntimeError):
    """A dataset too large to send; nothing is sent here, so it never occurs."""


def scatter_dataset(
    dataset: Any,
    comm: Any,
    root: int = 0,
    shuffle: bool = False,
    seed: int | None = None,
    max_buf_len: int = 256 * 1024 * 1024,
    *,
    force_equal_length: bool = True,
) -> SubDataset:
    """Return this process's share of the dataset: all of it.

    Args:
        dataset: Anything with a length and items.
        comm: Communicator of one process.
        root: Rank that has the dataset: 0.
        shuffle: Whether to permute it, by a generator of its own, seeded by `seed`.
        seed: Seed of the permutation; None takes one from the system.
        max_buf_len: Not used: nothing is sent.
        force_equal_length: Not used: there is one share.
    """
    first, last = scatter_index(len(dataset), comm, root)
    order = numpy.random.RandomState(seed).permutation(last) if shuffle else None
    return SubDataset(dataset, first, last, order)


def scatter_index(
    n_total_samples: int, comm: Any, root: int = 0, *, force_equal_length: bool = True
) -> tuple[int, int]:
    """Return the first index of this process's share and the one after its last."""
    return 0, int(comm.bcast(n_total_samples, root=root))


def create_empty_dataset(dataset: Any) -> list[tuple[()]]:
    """Return as many empty examples as the dataset has, for a process that only counts them."""
    return [()] * len(dataset)
