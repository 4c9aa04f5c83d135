"""What stands for a trigger where one is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["get_trigger"]

Trigger = Callable[[Any], Any]


def get_trigger(trigger: Any) -> Trigger:
    """Return the trigger that is meant.

    Args:
        trigger: A callable, which is returned; None for one that never fires; a pair such as
            ``(2, "epoch")`` for an :class:`~catenary.training.triggers.IntervalTrigger`.

    Raises:
        TypeError: If it is none of these.
        ValueError: If the pair's unit is unknown.
    """
    from catenary.training.triggers.interval_trigger import (
        IntervalTrigger,
    )  # whose neighbours need us

    if callable(trigger):
        return trigger  # type: ignore[no-any-return]
    if trigger is None:
        return _never_fire_trigger
    try:
        period, unit = trigger
    except (TypeError, ValueError):
        raise TypeError(
            f"{trigger!r} is no trigger; give a pair such as (1, 'epoch') or (100, 'iteration'), "
            "a callable that takes the trainer, or None for never"
        ) from None
    return IntervalTrigger(period, unit)


def _never_fire_trigger(trainer: Any) -> bool:
    return False
