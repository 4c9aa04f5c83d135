"""Shift: what the schedules of a hyperparameter have in common."""

from __future__ import annotations

from typing import Any

from catenary.optimizer.state import read_optional
from catenary.serializer import Serializer
from catenary.training.extension import Extension

__all__ = ["Shift", "bounded"]


class Shift(Extension):
    """Base of extensions that set a hyperparameter to a function of how often they were called.

    A subclass defines :meth:`_value`.

    Args:
        attr: Name of the optimizer's attribute.
        init: Its value before the first call; None for the value that it has when training begins.
        optimizer: The optimizer; the updater's main one by default.
    """

    def __init__(self, attr: str, init: float | None, optimizer: Any) -> None:
        self._attr = attr
        self._init = init
        self._init_is_given = init is not None
        self._optimizer = optimizer
        self._t = 0
        self._last_value: float | None = None

    def initialize(self, trainer: Any) -> None:
        """Set the first value, or after a resume the last one."""
        optimizer = self._get_optimizer(trainer)
        if self._init is None:
            self._init = getattr(optimizer, self._attr)
        value = self._value(self._init) if self._last_value is None else self._last_value
        self._update_value(optimizer, value)

    def __call__(self, trainer: Any) -> None:
        """Set the next value."""
        self._t += 1
        optimizer = self._get_optimizer(trainer)
        if self._init is None:
            self._init = getattr(optimizer, self._attr)
        self._update_value(optimizer, self._value(self._init))

    def _value(self, init: float) -> float:
        """Return the value after `_t` calls; `init` after none."""
        raise NotImplementedError(f"{type(self).__name__} does not define _value")

    def serialize(self, serializer: Any) -> None:
        """Save or load the number of calls and the values."""
        checking = getattr(serializer, "checking", False)
        self._t = serializer("_t", self._t)
        last = serializer("_last_value", self._last_value)
        if not checking:
            self._last_value = None if last is None else float(last)
        self._serialize_init(serializer)

    def _serialize_init(self, serializer: Any) -> None:
        """Save or load the first value, unless the program gave it; Chainer saves none."""
        init = None
        if isinstance(serializer, Serializer) or not self._init_is_given:
            init = read_optional(serializer, "_init", self._init)
        if init is not None and not getattr(serializer, "checking", False):
            self._init = float(init)

    def _get_optimizer(self, trainer: Any) -> Any:
        return trainer.updater.get_optimizer("main") if self._optimizer is None else self._optimizer

    def _update_value(self, optimizer: Any, value: float) -> None:
        setattr(optimizer, self._attr, value)
        self._last_value = value


def bounded(value: float, target: float | None, grows: bool) -> float:
    """Return `value`, or `target` where the value has gone past it, away from 0 or toward 0."""
    if target is None:
        return value
    past = value * target > target * target if grows else value * target < target * target
    return target if past else value


def not_negative(name: str, argument: str, value: float) -> None:
    """Raise a ValueError if an argument is negative."""
    if value < 0:
        raise ValueError(f"{name} got {argument}={value}; {argument} must be at least 0")
