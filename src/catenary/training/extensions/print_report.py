"""PrintReport: the log as a table, a line at a time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, Any

from catenary.training.extension import Extension
from catenary.training.extensions.canvas import erase_below, flush
from catenary.training.extensions.log_report import LogReport

__all__ = ["PrintReport"]


class PrintReport(Extension):
    """Extension that prints what a LogReport has gathered, one line of a table an entry.

    After a resume the lines of the log so far are printed again.

    Args:
        entries: Names of the values to print, as column heads.
        log_report: Name of the LogReport in the trainer; or a LogReport that is not registered,
            which is then called from here.
        out: Stream; the standard output of the moment by default. Control characters, which keep
            the table apart from a progress bar, are written to terminals only.
    """

    def __init__(
        self,
        entries: Sequence[str],
        log_report: str | LogReport = "LogReport",
        out: IO[str] | None = None,
    ) -> None:
        self._entries = entries
        self._log_report = log_report
        self._out = out
        self._log_len = 0
        self._begun = False
        self._widths = [max(10, len(entry)) for entry in entries]

    def __call__(self, trainer: Any) -> None:
        """Print the lines that are new in the log.

        Raises:
            TypeError: If `log_report` is neither a name nor a LogReport.
            ValueError: If the trainer has no extension of that name.
        """
        log = self._log_of(trainer)
        out = sys.stdout if self._out is None else self._out
        if not self._begun:
            self._begun = True
            out.write(self._line(self._entries))
        for entry in log[self._log_len :]:
            erase_below(out)
            out.write(self._line([_cell(entry.get(name, "")) for name in self._entries]))
            flush(out)
        self._log_len = len(log)

    def _log_of(self, trainer: Any) -> list[dict[str, Any]]:
        log_report: Any = self._log_report
        if isinstance(log_report, str):
            log_report = trainer.get_extension(log_report)
        elif isinstance(log_report, LogReport):
            log_report(trainer)
        else:
            raise TypeError(
                f"log_report is a {type(log_report).__name__}; give the name of a LogReport that "
                "is registered, or a LogReport"
            )
        return log_report.log  # type: ignore[no-any-return]

    def _line(self, cells: Sequence[str]) -> str:
        row = (f"{cell:<{width}}" for cell, width in zip(cells, self._widths, strict=True))
        return "  ".join(row).rstrip() + "\n"

    def serialize(self, serializer: Any) -> None:
        """Save or load the LogReport that is called from here."""
        if isinstance(self._log_report, LogReport):
            self._log_report.serialize(serializer["_log_report"])


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:g}"
