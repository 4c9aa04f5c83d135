"""The arithmetic of sweeping over a dataset: where an iterator stands, and what one batch moves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Position", "advance", "foresee"]

Indices = np.ndarray[Any, np.dtype[np.intp]]
Sampler = Callable[[Indices, int], Indices]


class Position(NamedTuple):
    """Where an iterator stands.

    Attributes:
        offset: Examples of the present sweep that were handed out.
        epoch: Completed sweeps.
        is_new_epoch: Whether the last batch completed a sweep.
        order: Indices in the order of the present sweep; None for the dataset's own order.
    """

    offset: int
    epoch: int
    is_new_epoch: bool
    order: Indices | None


def advance(
    position: Position, batch_size: int, repeat: bool, sampler: Sampler | None, dataset_size: int
) -> tuple[Position, Indices] | None:
    """Take a batch.

    Args:
        position: Where the iterator stands.
        batch_size: Examples wanted.
        repeat: Whether another sweep follows the first. Otherwise the last batch may be short.
        sampler: Gives the order of each new sweep; asked once for every sweep that is completed.
        dataset_size: Examples in the dataset.

    Returns:
        The new position and the indices of the batch; None if the only sweep is over.

    Raises:
        ValueError: If a dataset to be repeated is empty, or a new order has another length.
    """
    offset, epoch, _, order = position
    if epoch > 0 and not repeat:
        return None
    size = dataset_size if order is None else len(order)
    if repeat and size == 0:
        raise ValueError("the dataset is empty, so it cannot be iterated over and over")
    pieces = []
    end = offset + batch_size
    is_new_epoch = end >= size
    while end >= size:
        pieces.append(_slice(order, offset, size))
        if order is not None and sampler is not None:
            order = _next_order(sampler, order, offset)
        epoch += 1
        offset = 0
        end = end - size if repeat else 0
        if not repeat:
            break
    pieces.append(_slice(order, offset, end))
    whole = pieces[0].copy() if len(pieces) == 1 else np.concatenate(pieces)
    return Position(end, epoch, is_new_epoch, order), whole


def foresee(
    position: Position, batch_size: int, repeat: bool, sampler: Sampler | None, dataset_size: int
) -> tuple[Position | None, Indices] | None:
    """Tell the batch that :func:`advance` will take, without asking the sampler for an order.

    Args:
        position: Where the iterator will stand.
        batch_size: Examples wanted.
        repeat: Whether another sweep follows the first.
        sampler: Gives the order of each new sweep.
        dataset_size: Examples in the dataset.

    Returns:
        The position after the batch (None if that takes the next sweep's order) and its indices;
        None if there is no such batch, or its indices take the next sweep's order.
    """
    offset, epoch, _, order = position
    if order is None or sampler is None or offset + batch_size < len(order):
        return advance(position, batch_size, repeat, sampler, dataset_size)
    straddles = repeat and offset + batch_size > len(order)
    if straddles or (epoch > 0 and not repeat):
        return None
    return None, order[offset:]


def _slice(order: Indices | None, start: int, stop: int) -> Indices:
    return np.arange(start, stop, dtype=np.intp) if order is None else order[start:stop]


def _next_order(sampler: Sampler, order: Indices, offset: int) -> Indices:
    fresh = sampler(order, offset)
    if len(fresh) != len(order):
        raise ValueError(
            f"the order sampler returned {len(fresh)} indices after an order of {len(order)}; "
            "the number may not change between epochs"
        )
    return fresh
