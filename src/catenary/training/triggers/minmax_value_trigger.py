"""Best, largest and smallest value: triggers that fire when an observed mean is a new record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary.reporter import DictSummary
from catenary.training.util import get_trigger

__all__ = ["BestValueTrigger", "MaxValueTrigger", "MinValueTrigger"]


class BestValueTrigger:
    """Trigger that fires when the mean of a value over an interval beats the best one so far.

    Args:
        key: Name of the observed value, for instance ``"validation/main/accuracy"``.
        compare: Called with the best mean so far and a new one; whether the new one is better.
        trigger: Interval over which to take means, and after which to compare.
    """

    def __init__(
        self, key: str, compare: Callable[[float, float], Any], trigger: Any = (1, "epoch")
    ) -> None:
        self._key = key
        self._compare = compare
        self._best_value: float | None = None
        self._interval_trigger = get_trigger(trigger)
        self._summary = DictSummary()

    def __call__(self, trainer: Any) -> bool:
        """Count what was observed; at the end of an interval return whether the mean is a record.

        Raises:
            KeyError: If the value was not observed once in the interval.
        """
        observation = trainer.observation
        if self._key in observation:
            self._summary.add({self._key: observation[self._key]})
        if not self._interval_trigger(trainer):
            return False
        means = self._summary.compute_mean()
        if self._key not in means:
            raise KeyError(
                f"{self._key!r}, which {type(self).__name__} watches, was not observed since it "
                f"last compared; this iteration has {', '.join(observation) or 'nothing'}. An "
                "Evaluator must be called at least as often as the trigger compares."
            )
        value = float(means[self._key])
        self._summary = DictSummary()
        if self._best_value is not None and not self._compare(self._best_value, value):
            return False
        self._best_value = value
        return True

    def serialize(self, serializer: Any) -> None:
        """Save or load the best mean, and the interval under way."""
        if hasattr(self._interval_trigger, "serialize"):
            self._interval_trigger.serialize(serializer["interval_trigger"])
        self._summary.serialize(serializer["summary"])
        best = serializer("best_value", self._best_value)
        if not getattr(serializer, "checking", False):
            self._best_value = None if best is None else float(best)


class MaxValueTrigger(BestValueTrigger):
    """Trigger that fires when the mean of a value over an interval is the largest so far.

    Args:
        key: Name of the observed value.
        trigger: Interval over which to take means, and after which to compare.
    """

    def __init__(self, key: str, trigger: Any = (1, "epoch")) -> None:
        super().__init__(key, _larger, trigger)


class MinValueTrigger(BestValueTrigger):
    """Trigger that fires when the mean of a value over an interval is the smallest so far.

    Args:
        key: Name of the observed value.
        trigger: Interval over which to take means, and after which to compare.
    """

    def __init__(self, key: str, trigger: Any = (1, "epoch")) -> None:
        super().__init__(key, _smaller, trigger)


def _larger(best: float, new: float) -> bool:
    return new > best


def _smaller(best: float, new: float) -> bool:
    return new < best
