"""Observe a value once in a while: the learning rate, or what a function returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary.training.extension import PRIORITY_WRITER, make_extension

__all__ = ["observe_lr", "observe_value"]


def observe_value(observation_key: str, target_func: Callable[[Any], Any]) -> Callable[[Any], None]:
    """Return an extension that adds a value to the observation, once an epoch.

    Args:
        observation_key: Name of the value.
        target_func: Called with the trainer; returns the value.
    """

    @make_extension(trigger=(1, "epoch"), priority=PRIORITY_WRITER)
    def _observe_value(trainer: Any) -> None:
        trainer.observation[observation_key] = target_func(trainer)

    return _observe_value


def observe_lr(optimizer_name: str = "main", observation_key: str = "lr") -> Callable[[Any], None]:
    """Return an extension that adds an optimizer's learning rate to the observation.

    Args:
        optimizer_name: The optimizer's name in the updater.
        observation_key: Name of the value.
    """
    return observe_value(
        observation_key, lambda trainer: trainer.updater.get_optimizer(optimizer_name).lr
    )
