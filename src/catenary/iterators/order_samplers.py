"""Order samplers: which example comes when, decided once an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["OrderSampler", "ShuffleOrderSampler"]

Indices = np.ndarray[Any, np.dtype[np.intp]]


class OrderSampler:
    """Base of order samplers; any callable of the same form will do."""

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
        random_state: Generator with a `permutation` method; NumPy's global one by default, so that
            `numpy.random.seed` decides the order.
    """

    def __init__(self, random_state: np.random.RandomState | None = None) -> None:
        self._random_state = random_state

    def __call__(self, current_order: Indices, current_position: int) -> Indices:
        """Return a permutation of all indices."""
        size = len(current_order)
        if self._random_state is None:
            return np.random.permutation(size)
        return self._random_state.permutation(size)
