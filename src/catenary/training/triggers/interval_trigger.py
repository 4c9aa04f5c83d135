"""IntervalTrigger: every so many epochs or iterations."""

from __future__ import annotations

from typing import Any

from catenary.training.triggers.span import Span

__all__ = ["IntervalTrigger"]


class IntervalTrigger(Span):
    """Trigger that fires whenever another whole number of periods is complete.

    Args:
        period: Length of an interval, above 0; a fraction of an epoch is possible.
        unit: ``"epoch"`` or ``"iteration"``.

    Raises:
        ValueError: If `unit` is neither, or `period` is not positive.

    Example:
        >>> from catenary.training.triggers import IntervalTrigger
        >>> print(IntervalTrigger(2, "epoch"))
        IntervalTrigger(2, 'epoch')
    """

    def __init__(self, period: float, unit: str) -> None:
        super().__init__(unit)
        if not period > 0:
            raise ValueError(f"the period of an IntervalTrigger is above 0, not {period!r}")
        self.period = period
        self.count: float = 0

    def __call__(self, trainer: Any) -> bool:
        """Return whether a period was completed since the last call."""
        before, now = self._advance(trainer.updater)
        if self.unit == "epoch":
            self.count = now // self.period
        return bool(before // self.period != now // self.period)

    def get_training_length(self) -> tuple[float, str]:
        """Return period and unit: how long training is where this stops it."""
        return self.period, self.unit

    def __str__(self) -> str:
        return f"{type(self).__name__}({self.period}, {self.unit!r})"
