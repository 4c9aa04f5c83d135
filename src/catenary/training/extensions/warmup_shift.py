"""WarmupShift: let a hyperparameter grow to its working value, evenly."""

from __future__ import annotations

from typing import Any

from catenary.training.extensions.shift import Shift

__all__ = ["WarmupShift"]


class WarmupShift(Shift):
    """Extension that moves a hyperparameter from `warmup_start` to `init` in `warmup_iter` calls.

    After those calls it leaves the hyperparameter alone, so that another schedule can take over.

    Args:
        attr: Name of the hyperparameter.
        warmup_start: First value; None for the one that it has when training begins.
        warmup_iter: Calls until `init` is reached.
        init: The value to reach.
        optimizer: The optimizer; the updater's main one by default.

    Differs:
        A resumed training goes on with the value it had; Chainer begins with `warmup_start` once
        more.
    """

    def __init__(
        self,
        attr: str,
        warmup_start: float | None,
        warmup_iter: int,
        init: float,
        optimizer: Any = None,
    ) -> None:
        super().__init__(attr, warmup_start, optimizer)
        self._warmup_iter = warmup_iter
        self._goal = init

    def _value(self, init: float) -> float:
        left = self._warmup_iter - self._t
        return (self._t * self._goal + left * init) / self._warmup_iter

    def _update_value(self, optimizer: Any, value: float) -> None:
        if self._t <= self._warmup_iter:
            setattr(optimizer, self._attr, value)

    def serialize(self, serializer: Any) -> None:
        """Save or load the number of calls."""
        self._t = serializer("_t", self._t)
        self._serialize_init(serializer)
