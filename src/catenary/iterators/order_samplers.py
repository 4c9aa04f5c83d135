"""Order samplers: which example comes when, decided once an epoch."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

__all__ = ["OrderSampler", "ShuffleOrderSampler", "serialize_sampler"]

Indices = np.ndarray[Any, np.dtype[np.intp]]


class OrderSampler:
    """Base of order samplers; any callable of the same form will do.

    What a sampler remembers from sweep to sweep is saved with its iterator if it has a method
    ``serialize``.
    """

    def __call__(self, current_order: Indices, current_position: int) -> Indices:
        """Return the order of the next epoch.

        Args:
            current_order: Indices of the examples in the order of this epoch.
            current_position: Where in this order the last batch began.

        Returns:
            As many indices as `current_order` has.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")


class ShuffleOrderSampler(OrderSampler):
    """Sampler of random orders.

    Args:
        random_state: `RandomState` or `Generator`; NumPy's global one by default, so that
            `numpy.random.seed` decides the order. One of its own is saved with the iterator.
    """

    def __init__(
        self, random_state: np.random.RandomState | np.random.Generator | None = None
    ) -> None:
        self._random_state = random_state

    def __call__(self, current_order: Indices, current_position: int) -> Indices:
        """Return a permutation of all indices."""
        size = len(current_order)
        if self._random_state is None:
            return np.random.permutation(size)
        return self._random_state.permutation(size)

    def serialize(self, serializer: Any) -> None:
        """Save or load the state of a generator of its own; Chainer's files do not have it."""
        random = self._random_state
        if random is None:
            return
        text = json.dumps(_state(random), default=lambda array: array.tolist())
        try:
            stored = serializer("random_state", text)
        except KeyError:
            return
        if not getattr(serializer, "checking", False) and str(stored) != text:
            _set_state(random, json.loads(str(stored)))


def serialize_sampler(sampler: Any, serializer: Any) -> None:
    """Save or load what a sampler remembers, as a part of its iterator.

    Args:
        sampler: Order sampler, with a method ``serialize`` or without, or None.
        serializer: The iterator's.
    """
    is_global = isinstance(sampler, ShuffleOrderSampler) and sampler._random_state is None
    if hasattr(sampler, "serialize") and not is_global:
        sampler.serialize(serializer["order_sampler"])


def _state(random: np.random.RandomState | np.random.Generator) -> Any:
    if isinstance(random, np.random.Generator):
        return random.bit_generator.state
    return random.get_state(legacy=False)


def _set_state(random: np.random.RandomState | np.random.Generator, state: Any) -> None:
    if isinstance(random, np.random.Generator):
        random.bit_generator.state = state
    else:
        random.set_state(state)
