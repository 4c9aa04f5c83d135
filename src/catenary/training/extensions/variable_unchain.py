"""unchain_variables: let go of the graphs that reported variables hold."""

from __future__ import annotations

from typing import Any

from catenary.config import config
from catenary.training.extension import Extension
from catenary.variable import Variable

__all__ = ["unchain_variables"]


class unchain_variables(Extension):
    """Extension that unchains every observed Variable, after all others have seen it.

    Needed only where ``config.keep_graph_on_report`` is True, so that extensions can walk the
    graph; it is called only then.
    """

    priority = 0

    def __init__(self) -> None:
        self._kept = False

    def initialize(self, trainer: Any) -> None:
        """Note whether graphs are kept."""
        self._kept = config.keep_graph_on_report

    def trigger(self, trainer: Any) -> bool:
        """Return whether graphs were kept when this was last asked."""
        kept, self._kept = self._kept, config.keep_graph_on_report
        return kept

    def __call__(self, trainer: Any) -> None:
        """Unchain the observed Variables."""
        for value in trainer.observation.values():
            if isinstance(value, Variable):
                value.unchain_backward()
