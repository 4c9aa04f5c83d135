"""ExponentialShift: multiply a hyperparameter by a rate, again and again."""

from __future__ import annotations

from typing import Any

from catenary.training.extensions.shift import Shift, bounded, not_negative

__all__ = ["ExponentialShift"]


class ExponentialShift(Shift):
    """Extension that sets a hyperparameter to  init · rate^t  at its t-th call.

    Args:
        attr: Name of the hyperparameter.
        rate: Factor a call, at least 0.
        init: First value; by default the one that it has when training begins.
        target: Where to stop.
        optimizer: The optimizer; the updater's main one by default.

    Raises:
        ValueError: If `rate` is negative.
    """

    def __init__(
        self,
        attr: str,
        rate: float,
        init: float | None = None,
        target: float | None = None,
        optimizer: Any = None,
    ) -> None:
        super().__init__(attr, init, optimizer)
        not_negative(type(self).__name__, "rate", rate)
        self._rate = rate
        self._target = target

    def _value(self, init: float) -> float:
        if self._t == 0:
            return init
        return bounded(init * self._rate**self._t, self._target, self._rate > 1)
