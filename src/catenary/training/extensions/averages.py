"""Averages: the means of values over intervals, which a resumed run goes on with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catenary.optimizer.state import read_optional
from catenary.reporter import DictSummary
from catenary.serializer import Serializer
from catenary.training.util import get_trigger

__all__ = ["Averages"]


class Averages:
    """Means of values over the intervals of a trigger.

    Args:
        trigger: When an interval ends: a trigger, or a pair such as ``(1, "epoch")``.

    Attributes:
        summary: The sums of the interval under way.
    """

    def __init__(self, trigger: Any) -> None:
        self.summary = DictSummary()
        self._trigger = get_trigger(trigger)

    def add(self, values: Mapping[str, Any]) -> None:
        """Count values by name."""
        self.summary.add(values)

    def is_complete(self, trainer: Any) -> bool:
        """Return whether the interval ends here; ask once an iteration."""
        return bool(self._trigger(trainer))

    def take(self) -> dict[str, float]:
        """Return the means and begin a new interval."""
        means = {name: float(value) for name, value in self.summary.compute_mean().items()}
        self.summary = DictSummary()
        return means

    def serialize(self, serializer: Any) -> None:
        """Save or load the interval under way, under keys that Chainer does not write."""
        part = serializer["_summary"]
        if isinstance(serializer, Serializer) or read_optional(part, "_names", ""):
            self.summary.serialize(part)
            if hasattr(self._trigger, "serialize"):
                self._trigger.serialize(serializer["_trigger"])
