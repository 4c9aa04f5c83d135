"""What the demo shows while it runs: a table line an epoch, and a bar below it on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TextIO

from catenary import training

__all__ = ["Row", "Screen", "Show", "open_screen", "rows_of"]


class Row(NamedTuple):
    """One epoch, in numbers."""

    epoch: int
    train_loss: float
    test_loss: float
    test_accuracy: float
    seconds: float


def rows_of(trainer: training.Trainer) -> list[Row]:
    """Return what the trainer's LogReport has gathered, an epoch a row."""
    rows, before = [], 0.0
    for entry in trainer.get_extension("LogReport").log:
        row = Row(
            entry["epoch"],
            entry["main/loss"],
            entry["validation/main/loss"],
            entry["validation/main/accuracy"],
            entry["elapsed_time"] - before,
        )
        rows.append(row)
        before = entry["elapsed_time"]
    return rows


class Screen(NamedTuple):
    """Two things to call: `print` a line, and `advance` by one batch."""

    print: Callable[[str], None]
    advance: Callable[[], None]

    def heading(self) -> None:
        """Print the table's head."""
        self.print("epoch   train loss   test loss   test accuracy   seconds")

    def row(self, row: Row) -> None:
        """Print one line of the table."""
        self.print(
            f"{row.epoch:5}   {row.train_loss:10.4f}   {row.test_loss:9.4f}   "
            f"{row.test_accuracy:13.2%}   {row.seconds:7.2f}"
        )


class Show(training.Extension):
    """Extension that moves the bar with every batch and prints a line of the table an epoch.

    Args:
        screen: Where to show it.
    """

    priority = 0  # after the LogReport

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._shown = 0

    def initialize(self, trainer: Any) -> None:
        """Pass over what was learnt before a resume."""
        self._shown = len(rows_of(trainer))

    def __call__(self, trainer: Any) -> None:
        """Show what is new."""
        self._screen.advance()
        if trainer.updater.is_new_epoch:
            rows = rows_of(trainer)
            for row in rows[self._shown :]:
                self._screen.row(row)
            self._shown = len(rows)


@contextlib.contextmanager
def open_screen(batches: int, out: TextIO | None = None) -> Iterator[Screen]:
    """Open a screen for so many batches: with a bar where `out` is a terminal and rich is there.

    Args:
        batches: How often `advance` will be called.
        out: Where to print; the standard output by default.
    """
    out = out or sys.stdout
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
    except ImportError:
        rich_is_there = False
    else:
        rich_is_there = True
    if not (rich_is_there and out.isatty()):
        yield Screen(lambda line: print(line, file=out, flush=True), lambda: None)
        return
    columns = (
        TextColumn("learning"),
        BarColumn(bar_width=40),
        TextColumn("{task.percentage:3.0f}%"),
        TimeRemainingColumn(),
    )
    console = Console(file=out, highlight=False)
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("learning", total=batches)
        yield Screen(console.print, lambda: progress.advance(task))
