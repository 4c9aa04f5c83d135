"""SweepingIterator: what all iterators over a dataset share: arguments, position, snapshots."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary.dataset.iterator import Iterator
from catenary.iterators.order_samplers import ShuffleOrderSampler, serialize_sampler
from catenary.iterators.position import Indices, Position, Sampler, advance

__all__ = ["SweepingIterator"]


class SweepingIterator(Iterator):
    """Base of the iterators; subclasses say in `_examples` how the examples of a batch are read.

    A batch is taken as a whole or not at all: if reading it fails, the iterator stands where it
    stood, and the next call tries the same batch again.
    """

    _ORDER_KEYS = ("order", "_order")  # to save under, and to look for as well

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
        self._shuffle = shuffle
        shuffled = shuffle or (shuffle is None and order_sampler is None)
        self.order_sampler = ShuffleOrderSampler() if shuffled else order_sampler
        self.reset()

    def reset(self) -> None:
        """Go back to the beginning; a new order is drawn."""
        order = None
        if self.order_sampler is not None:
            order = self.order_sampler(np.arange(len(self.dataset)), 0)
        self._move(Position(0, 0, False, order), -1.0)

    def _move(self, position: Position, previous_epoch_detail: float) -> None:
        """Go to `position`, wherever the iterator stood."""
        self._stand(position, previous_epoch_detail)

    def _stand(self, position: Position, previous_epoch_detail: float) -> None:
        self._position = position
        self._previous_epoch_detail = previous_epoch_detail
        self._step: tuple[Position, Indices] | None = None

    def __next__(self) -> list[Any]:
        if self._step is None:
            self._step = self._advanced()
        if self._step is None:
            self._previous_epoch_detail = self.epoch_detail
            raise StopIteration
        position, indices = self._step
        batch = self._examples(position, indices)
        self._stand(position, self.epoch_detail)
        return batch

    def _advanced(self) -> tuple[Position, Indices] | None:
        size = len(self.dataset)
        return advance(self._position, self.batch_size, self._repeat, self.order_sampler, size)

    def _examples(self, position: Position, indices: Indices) -> list[Any]:
        """Return the examples of a batch.

        Args:
            position: Where the iterator stands once it has handed them out.
            indices: Which examples.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define _examples")

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
            key, other = self._ORDER_KEYS
            try:
                serializer(key, order)
            except KeyError:
                serializer(other, order)
        serialize_sampler(self.order_sampler, serializer)
        position = Position(offset, epoch, is_new_epoch, order)
        try:
            previous = serializer("previous_epoch_detail", self._previous_epoch_detail)
        except KeyError:
            previous = self._guess_previous(position)
        if getattr(serializer, "checking", False) or self._is_at(position, previous):
            return
        self._move(position, -1.0 if previous is None else previous)

    def _is_at(self, position: Position, previous: float | None) -> bool:
        """Whether this is where the iterator stands: so it is after saving."""
        same = (*position[:3], previous) == (*self._position[:3], self._previous_epoch_detail)
        return same and np.array_equal(position.order, self._position.order)  # type: ignore[arg-type]

    def _guess_previous(self, position: Position) -> float:
        """Return the `previous_epoch_detail` that files of Chainer 1 lack."""
        size = self._epoch_size
        if position.epoch + position.offset / size <= 0:
            return -1.0
        return max(position.epoch + (position.offset - self.batch_size) / size, 0.0)
