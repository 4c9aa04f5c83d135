"""PrintReportNotebook: the log as a table in a notebook."""

from __future__ import annotations

import html
import sys
from collections.abc import Sequence
from typing import Any

from catenary.training.extensions.canvas import notebook_display
from catenary.training.extensions.log_report import LogReport
from catenary.training.extensions.print_report import PrintReport, _cell

__all__ = ["PrintReportNotebook"]


class PrintReportNotebook(PrintReport):
    """Extension that shows what a LogReport has gathered as one table that grows.

    Outside a notebook it prints as :class:`PrintReport` does.

    Args:
        entries: Names of the values to show, as column heads.
        log_report: Name of the LogReport in the trainer; or a LogReport that is not registered.
    """

    def __init__(self, entries: Sequence[str], log_report: str | LogReport = "LogReport") -> None:
        super().__init__(entries, log_report)
        self._handle: Any = None

    def __call__(self, trainer: Any) -> None:
        """Show the log as it is now; see :class:`PrintReport` for what it raises."""
        display = notebook_display()
        if display is None:
            super().__call__(trainer)
            return
        log = self._log_of(trainer)
        if self._handle is None:
            self._handle = display(self._table(log), display_id=True)
        elif len(log) > self._log_len:
            self._handle.update(self._table(log))
        self._log_len = len(log)

    def _table(self, log: list[dict[str, Any]]) -> Any:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self._entries)
        rows = "".join(f"<tr>{self._cells(entry)}</tr>" for entry in log)
        return sys.modules["IPython"].display.HTML(f"<table><tr>{head}</tr>{rows}</table>")

    def _cells(self, entry: dict[str, Any]) -> str:
        texts = (_cell(entry.get(name, "")) for name in self._entries)
        return "".join(f"<td>{html.escape(text)}</td>" for text in texts)
