"""OnceTrigger: the first time, and never again."""

from __future__ import annotations

import warnings
from typing import Any

__all__ = ["OnceTrigger"]


class OnceTrigger:
    """Trigger that fires once.

    Args:
        call_on_resume: Whether to fire once more in a training that was resumed.
    """

    def __init__(self, call_on_resume: bool = False) -> None:
        self._flag_first = True
        self._flag_resumed = call_on_resume

    @property
    def finished(self) -> bool:
        """Whether it will not fire again."""
        return not (self._flag_first or self._flag_resumed)

    def __call__(self, trainer: Any) -> bool:
        """Return whether this is the first call."""
        fire = not self.finished
        self._flag_first = self._flag_resumed = False
        return fire

    def serialize(self, serializer: Any) -> None:
        """Save or load whether it has fired; it counts as fired where the file does not say."""
        checking = getattr(serializer, "checking", False)
        try:
            first = serializer("_flag_first", self._flag_first)
        except KeyError:
            first = False
            if not checking:
                warnings.warn(
                    "the file does not say whether the OnceTrigger has fired; it counts as fired",
                    stacklevel=2,
                )
        if not checking:
            self._flag_first = first
