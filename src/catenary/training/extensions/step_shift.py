"""StepShift: multiply a hyperparameter by a factor once in so many calls."""

from __future__ import annotations

from typing import Any

from catenary.training.extensions.shift import Shift, bounded

__all__ = ["StepShift"]


class StepShift(Shift):
    """Extension that sets a hyperparameter to  init · gamma^⌊t / step⌋  at its t-th call.

    Args:
        attr: Name of the hyperparameter.
        gamma: Factor a step.
        step: Calls a step, above 0.
        init: First value; by default the one that it has when training begins.
        target: Where to stop.
        optimizer: The optimizer; the updater's main one by default.
    """

    def __init__(
        self,
        attr: str,
        gamma: float,
        step: float,
        init: float | None = None,
        target: float | None = None,
        optimizer: Any = None,
    ) -> None:
        super().__init__(attr, init, optimizer)
        self._gamma = gamma
        self._step = step
        self._target = target

    def _value(self, init: float) -> float:
        if self._t == 0:
            return init
        value = init * self._gamma ** (self._t // self._step)
        return bounded(value, self._target, self._gamma > 1)
