"""ManualScheduleTrigger: at the points that one lists."""

from __future__ import annotations

import warnings
from typing import Any

from catenary.training.triggers.span import Span

__all__ = ["ManualScheduleTrigger"]


class ManualScheduleTrigger(Span):
    """Trigger that fires as training reaches each of some points.

    Args:
        points: Epochs or iterations: a number, or a list of numbers.
        unit: ``"epoch"`` or ``"iteration"``.

    Attributes:
        finished: Whether the last point has passed.

    Raises:
        ValueError: If `unit` is neither.
    """

    def __init__(self, points: Any, unit: str) -> None:
        super().__init__(unit)
        self.points = points if isinstance(points, list) else [points]
        self.finished = False
        self._finished_is_tmp = False

    def __call__(self, trainer: Any) -> bool:
        """Return whether a point was reached since the last call."""
        before, now = self._advance(trainer.updater)
        fire = any(before < point <= now for point in self.points)
        if (fire or self._finished_is_tmp) and now >= max(self.points):
            self.finished = True
        self._finished_is_tmp = False
        return fire

    def serialize(self, serializer: Any) -> None:
        """Save or load where training was last seen, and whether the last point has passed."""
        super().serialize(serializer)
        checking = getattr(serializer, "checking", False)
        guessed = False
        try:
            finished = serializer("finished", self.finished)
        except KeyError:
            finished, guessed = False, True
            if not checking:
                warnings.warn(
                    "the file does not say whether the ManualScheduleTrigger is finished; that is "
                    "found out when it is next asked",
                    stacklevel=2,
                )
        if not checking:
            self.finished, self._finished_is_tmp = finished, guessed
