"""TimeTrigger: every so many seconds."""

from __future__ import annotations

from typing import Any

__all__ = ["TimeTrigger"]


class TimeTrigger:
    """Trigger that fires every `period` seconds of training, time before a resume included.

    Args:
        period: Seconds between two firings.
    """

    def __init__(self, period: float) -> None:
        self._period = period
        self._next_time = period

    def __call__(self, trainer: Any) -> bool:
        """Return whether the next time has come."""
        if self._next_time >= trainer.elapsed_time:
            return False
        self._next_time += self._period
        return True

    def serialize(self, serializer: Any) -> None:
        """Save or load when to fire next."""
        self._next_time = serializer("next_time", self._next_time)
