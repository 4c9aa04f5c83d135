"""What the demo shows while it runs: a table line an epoch, and a bar below it on a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import NamedTuple, TextIO

__all__ = ["Row", "Screen", "open_screen"]


class Row(NamedTuple):
    """One epoch, in numbers."""

    epoch: int
    train_loss: float
    test_loss: float
    test_accuracy: float
    seconds: float


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
