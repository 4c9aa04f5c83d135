"""InverseShift: let a hyperparameter fall like a power of time."""

from __future__ import annotations

from typing import Any

from catenary.training.extensions.shift import Shift, bounded, not_negative

__all__ = ["InverseShift"]


class InverseShift(Shift):
    """Extension that sets a hyperparameter to  init · (1 + gamma·t)^(−power)  at its t-th call.

    Args:
        attr: Name of the hyperparameter.
        gamma: How fast it falls, at least 0.
        power: Exponent.
        init: First value; by default the one that it has when training begins.
        target: Where to stop.
        optimizer: The optimizer; the updater's main one by default.

    Raises:
        ValueError: If `gamma` is negative.
    """

    def __init__(
        self,
        attr: str,
        gamma: float,
        power: float,
        init: float | None = None,
        target: float | None = None,
        optimizer: Any = None,
    ) -> None:
        super().__init__(attr, init, optimizer)
        not_negative(type(self).__name__, "gamma", gamma)
        self._gamma = gamma
        self._power = power
        self._target = target

    def _value(self, init: float) -> float:
        if self._t == 0:
            return init
        value = init * (1 + self._gamma * self._t) ** -self._power
        return bounded(value, self._target, self._power < 0)
