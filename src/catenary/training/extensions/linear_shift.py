"""LinearShift: move a hyperparameter from one value to another, evenly."""

from __future__ import annotations

from typing import Any

from catenary.training.extensions.shift import Shift

__all__ = ["LinearShift"]


class LinearShift(Shift):
    """Extension that sets a hyperparameter to v1 until call t1, to v2 from call t2, evenly between.

    Args:
        attr: Name of the hyperparameter.
        value_range: The pair (v1, v2).
        time_range: The pair (t1, t2), in calls of the extension.
        optimizer: The optimizer; the updater's main one by default.
    """

    def __init__(
        self,
        attr: str,
        value_range: tuple[float, float],
        time_range: tuple[float, float],
        optimizer: Any = None,
    ) -> None:
        super().__init__(attr, value_range[0], optimizer)
        self._value_range = value_range
        self._time_range = time_range

    def _value(self, init: float) -> float:
        (first, last), (begin, end) = self._value_range, self._time_range
        if self._t <= begin:
            return first
        if self._t >= end:
            return last
        return first + (self._t - begin) / (end - begin) * (last - first)
