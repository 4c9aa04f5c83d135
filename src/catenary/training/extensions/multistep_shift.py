"""MultistepShift: multiply a hyperparameter by a factor at the calls that one lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from catenary.training.extensions.shift import Shift

__all__ = ["MultistepShift"]


class MultistepShift(Shift):
    """Extension that sets a hyperparameter to  init · gamma^k  after k of the listed calls.

    Args:
        attr: Name of the hyperparameter.
        gamma: Factor a step.
        step_value: Numbers of the calls at which to step, in ascending order.
        init: First value; None for the one that it has when training begins.
        optimizer: The optimizer; the updater's main one by default.

    Differs:
        A resumed training goes on with the value it had; Chainer begins with `init` once more.
    """

    def __init__(
        self,
        attr: str,
        gamma: float,
        step_value: Sequence[float],
        init: float | None,
        optimizer: Any = None,
    ) -> None:
        super().__init__(attr, init, optimizer)
        self._gamma = gamma
        self._step_value = step_value
        self._current_step = 0

    def __call__(self, trainer: Any) -> None:
        """Set the next value."""
        steps = self._step_value
        if self._current_step < len(steps) and self._t + 1 >= steps[self._current_step]:
            self._current_step += 1
        super().__call__(trainer)

    def _value(self, init: float) -> float:
        return init * self._gamma**self._current_step

    def serialize(self, serializer: Any) -> None:
        """Save or load the number of calls and of steps."""
        self._t = serializer("_t", self._t)
        self._current_step = serializer("_current_step", self._current_step)
        self._serialize_init(serializer)
