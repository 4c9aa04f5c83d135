"""SerialIterator: one batch after the other, in this thread."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary.dataset.iterator import Iterator
from catenary.iterators.order_samplers import ShuffleOrderSampler
from catenary.iterators.position import Position, Sampler, advance

__all__ = ["SerialIterator"]


class SerialIterator(Iterator):
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
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int,
        repeat: bool = True,
        shuffle: bool | None = None,
        order_sampler: Sampler | None = None,
    ) -> None:
        if shuffle is not None and order_sampler is not None:
            raise ValueError(
                f"shuffle={shuffle} and an order_sampler both decide the order; give one of them"
            )
        self.dataset = dataset
        self.batch_size = batch_size
        self._repeat = repeat
        shuffled = shuffle or (shuffle is None and order_sampler is None)
        self.order_sampler = ShuffleOrderSampler() if shuffled else order_sampler
        self.reset()

    def reset(self) -> None:
        """Go back to the beginning; a new order is drawn."""
        order = None
        if self.order_sampler is not None:
            order = self.order_sampler(np.arange(len(self.dataset)), 0)
        self._position = Position(0, 0, False, order)
        self._previous_epoch_detail = -1.0

    def __next__(self) -> list[Any]:
        self._previous_epoch_detail = self.epoch_detail
        size = len(self.dataset)
        step = advance(self._position, self.batch_size, self._repeat, self.order_sampler, size)
        if step is None:
            raise StopIteration
        self._position, indices = step
        return [self.dataset[index] for index in indices]

    @property
    def repeat(self) -> bool:
        """Whether iteration goes on for ever."""
        return self._repeat

    @property
    def current_position(self) -> int:
        """Examples of the present sweep that were handed out."""
        return self._position.offset

    @property
    def epoch(self) -> int:
        """Completed sweeps."""
        return self._position.epoch

    @property
    def is_new_epoch(self) -> bool:
        """Whether the last batch completed a sweep."""
        return self._position.is_new_epoch

    @property
    def epoch_detail(self) -> float:
        """Completed sweeps and the fraction of the present one."""
        return self.epoch + self.current_position / self._epoch_size

    @property
    def previous_epoch_detail(self) -> float | None:
        """`epoch_detail` before the last batch, None before the first."""
        return None if self._previous_epoch_detail < 0 else self._previous_epoch_detail

    @property
    def _epoch_size(self) -> int:
        order = self._position.order
        return len(self.dataset) if order is None else len(order)

    def serialize(self, serializer: Any) -> None:
        """Save or load the position and the order of the sweep under way."""
        offset, epoch, is_new_epoch, order = self._position
        offset = serializer("current_position", offset)
        epoch = serializer("epoch", epoch)
        is_new_epoch = serializer("is_new_epoch", is_new_epoch)
        if order is not None:
            order = order.copy()
            try:
                serializer("order", order)
            except KeyError:
                serializer("_order", order)
        position = Position(offset, epoch, is_new_epoch, order)
        try:
            previous = serializer("previous_epoch_detail", self._previous_epoch_detail)
        except KeyError:
            previous = self._guess_previous(position)
        if not getattr(serializer, "checking", False):
            self._position, self._previous_epoch_detail = position, previous

    def _guess_previous(self, position: Position) -> float:
        """Return the `previous_epoch_detail` that files of Chainer 1 lack."""
        size = self._epoch_size
        if position.epoch + position.offset / size <= 0:
            return -1.0
        return max(position.epoch + (position.offset - self.batch_size) / size, 0.0)
