"""ProgressBar: what the progress bars of training and of evaluation have in common."""

from __future__ import annotations

import collections
import datetime
import sys
import time
from typing import IO

from catenary.training.extensions.canvas import Canvas, canvas_for

__all__ = ["ProgressBar"]

_SECONDS_BETWEEN_LINES = 60.0  # in a file, where nothing can be drawn over


class ProgressBar:
    """Base of progress bars: a subclass says which lines to show.

    On a terminal and in a notebook the lines are drawn in place; elsewhere one line a minute is
    written, without control characters.

    Args:
        bar_length: Characters of a bar; 50 by default.
        out: Stream; the standard output of the moment by default.
    """

    def __init__(self, bar_length: int | None = None, out: IO[str] | None = None) -> None:
        self._bar_length = 50 if bar_length is None else bar_length
        self._out = out
        self._canvas: Canvas | None = None
        self._last_line = time.monotonic()
        self._recent: collections.deque[tuple[float, float, float]] = collections.deque(maxlen=100)

    def update_speed(self, iteration: float, epoch_detail: float) -> tuple[float, float]:
        """Note where training stands; return iterations and epochs per second of late.

        Args:
            iteration: Iterations so far.
            epoch_detail: Epochs so far.
        """
        now = time.monotonic()
        self._recent.append((iteration, epoch_detail, now))
        old_iteration, old_epoch, then = self._recent[0]
        if now == then:
            return float("inf"), float("inf")
        return (iteration - old_iteration) / (now - then), (epoch_detail - old_epoch) / (now - then)

    def get_lines(self) -> list[str]:
        """Return the lines to show, each with its line break; a subclass defines this."""
        raise NotImplementedError(f"{type(self).__name__} does not define get_lines")

    def get_log_line(self) -> str:
        """Return the same in one line, for files: by default the lines side by side."""
        return "  ".join(line.strip() for line in self.get_lines()) + "\n"

    def update(self) -> None:
        """Show the present state."""
        if self._canvas is None:
            self._canvas = canvas_for(sys.stdout if self._out is None else self._out)
        if self._canvas.redraws:
            self._canvas.draw(self.get_lines())
        elif time.monotonic() - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            self._canvas.draw([self.get_log_line()])

    def close(self) -> None:
        """Take the bar away."""
        if self._canvas is not None:
            self._canvas.erase()

    def _bar(self, rate: float) -> str:
        marks = "#" * int(rate * self._bar_length + 1e-6)  # 1.4 % 1 shall be 0.4
        return f"[{marks:.<{self._bar_length}}] {rate:6.2%}"


def remaining(left: float, speed: float) -> datetime.timedelta | str:
    """Return the time that `left` takes at `speed`, as a person reads it."""
    if not speed > 0:
        return "unknown"
    return datetime.timedelta(seconds=round(max(left / speed, 0.0)))
