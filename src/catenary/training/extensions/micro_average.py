"""MicroAverage: the ratio of two sums, over an interval."""

from __future__ import annotations

from typing import Any

from catenary.reporter import report
from catenary.training.extension import PRIORITY_EDITOR, Extension
from catenary.training.util import get_trigger
from catenary.variable import Variable

__all__ = ["MicroAverage"]


class MicroAverage(Extension):
    """Extension that sums two observed values and reports the ratio of the sums.

    A mean of batch means gives the examples of a small last batch too much weight; this does not.

    Args:
        numerator_key: Name of the value above, for instance the number of right answers.
        denominator_key: Name of the value below, for instance the number of answers.
        result_key: Name of the ratio.
        trigger: Interval over which to sum.

    Differs:
        Sums are in float64, and the interval under way is saved, under a key that Chainer ignores.
    """

    priority = PRIORITY_EDITOR

    def __init__(
        self,
        numerator_key: str,
        denominator_key: str,
        result_key: str,
        trigger: Any = (1, "epoch"),
    ) -> None:
        self._trigger = get_trigger(trigger)
        self._numerator_key = numerator_key
        self._denominator_key = denominator_key
        self._result_key = result_key
        self._numerator = 0.0
        self._denominator = 0.0

    def __call__(self, trainer: Any) -> None:
        """Add what was observed; at the end of an interval report the ratio."""
        observation = trainer.observation
        if self._numerator_key not in observation or self._denominator_key not in observation:
            return
        self._numerator += _number(observation[self._numerator_key])
        self._denominator += _number(observation[self._denominator_key])
        if self._trigger(trainer):
            ratio = self._numerator / self._denominator
            self._numerator = self._denominator = 0.0
            report({self._result_key: ratio})

    def serialize(self, serializer: Any) -> None:
        """Save or load the sums, and the interval under way."""
        self._numerator = serializer("_numerator", self._numerator)
        self._denominator = serializer("_denominator", self._denominator)
        if hasattr(self._trigger, "serialize"):
            self._trigger.serialize(serializer["_trigger"])


def _number(value: Any) -> float:
    return float(value.array if isinstance(value, Variable) else value)
