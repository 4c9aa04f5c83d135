"""The span of training between two looks at it: what interval and schedule triggers remember."""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["Span"]

_UNITS = ("epoch", "iteration")


class Span:
    """Base of triggers that compare where training stands with where they last saw it.

    Args:
        unit: What to measure in, ``"epoch"`` or ``"iteration"``.

    Raises:
        ValueError: If `unit` is neither.
    """

    def __init__(self, unit: str) -> None:
        if unit not in _UNITS:
            raise ValueError(f"the unit of a trigger is 'epoch' or 'iteration', not {unit!r}")
        self.unit = unit
        self._previous_iteration = 0
        self._previous_epoch_detail = 0.0

    def _advance(self, updater: Any) -> tuple[float, float]:
        """Return where training stood when last asked, and where it stands now."""
        if self.unit == "epoch":
            before, now = self._previous_epoch_detail, updater.epoch_detail
            if before < 0:
                before = updater.previous_epoch_detail or 0.0
        else:
            before, now = self._previous_iteration, updater.iteration
            if before < 0:
                before = now - 1
        self._previous_iteration = updater.iteration
        if hasattr(updater, "epoch_detail"):
            self._previous_epoch_detail = updater.epoch_detail
        return before, now

    def serialize(self, serializer: Any) -> None:
        """Save or load where training was last seen; guess it where the file does not say."""
        iteration = _load(serializer, "previous_iteration", self._previous_iteration, -1)
        detail = _load(serializer, "previous_epoch_detail", self._previous_epoch_detail, -1.0)
        if not getattr(serializer, "checking", False):
            self._previous_iteration, self._previous_epoch_detail = iteration, detail


def _load(serializer: Any, key: str, value: Any, unknown: Any) -> Any:
    try:
        return serializer(key, value)
    except KeyError:
        if not getattr(serializer, "checking", False):
            warnings.warn(
                f"the file does not say {key}, so the trigger takes it to be one iteration back; "
                "if it is not asked at every iteration, it may fire once too often or too rarely",
                stacklevel=2,
            )
        return unknown
