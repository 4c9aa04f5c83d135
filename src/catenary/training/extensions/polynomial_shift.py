"""PolynomialShift: let a hyperparameter fall to zero like a power of the time left."""

from __future__ import annotations

from typing import Any

from catenary.training.extensions.shift import Shift, bounded

__all__ = ["PolynomialShift"]


class PolynomialShift(Shift):
    """Extension that sets a hyperparameter to  init · max(1 − t / max_count, 0)^rate  at call t.

    Args:
        attr: Name of the hyperparameter.
        rate: Exponent.
        max_count: Calls until it is 0.
        init: First value; by default the one that it has when training begins.
        target: Where to stop.
        optimizer: The optimizer; the updater's main one by default.

    Differs:
        With a `target` it stays there; Chainer divides by zero once the formula reaches 0.
    """

    def __init__(
        self,
        attr: str,
        rate: float,
        max_count: float,
        init: float | None = None,
        target: float | None = None,
        optimizer: Any = None,
    ) -> None:
        super().__init__(attr, init, optimizer)
        self._rate = rate
        self._max_count = max_count
        self._target = target

    def _value(self, init: float) -> float:
        if self._t == 0:
            return init
        value = init * max(1 - self._t / self._max_count, 0) ** self._rate
        return bounded(value, self._target, self._rate <= 0)
