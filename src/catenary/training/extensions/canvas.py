"""Where lines are drawn again and again: on a terminal, in a notebook, or in a file or pipe."""

from __future__ import annotations

import html
import os
import shutil
import sys
from typing import IO, Any, Protocol

__all__ = ["Canvas", "canvas_for", "erase_below", "notebook_display"]

_ERASE_BELOW = "\x1b[J"
_CURSOR_UP = "\x1b[{}A"


class Canvas(Protocol):
    """What a progress bar draws on.

    Attributes:
        redraws: Whether a drawing takes the place of the one before.
    """

    redraws: bool

    def draw(self, lines: list[str]) -> None:
        """Show lines, each with its line break."""

    def erase(self) -> None:
        """Take away what was drawn."""


class _Terminal:
    """Lines below the cursor, which stays above them."""

    redraws = True

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def draw(self, lines: list[str]) -> None:
        width = shutil.get_terminal_size().columns - 1  # a line that wraps would be two lines
        shown = "".join(f"{line.rstrip()[:width]}\n" for line in lines)
        self._out.write(_ERASE_BELOW + shown + _CURSOR_UP.format(len(lines)))
        self._out.flush()

    def erase(self) -> None:
        self._out.write(_ERASE_BELOW)
        self._out.flush()


class _Notebook:
    """An output of the cell, replaced as a whole."""

    redraws = True

    def __init__(self, display: Any) -> None:
        self._handle = display(_as_html([]), display_id=True)

    def draw(self, lines: list[str]) -> None:
        self._handle.update(_as_html(lines))

    def erase(self) -> None:
        self.draw([])


class _File:
    """Lines that stay."""

    redraws = False

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def draw(self, lines: list[str]) -> None:
        self._out.write("".join(lines))
        flush(self._out)

    def erase(self) -> None:
        """Nothing: what was written stays."""


def canvas_for(out: IO[str]) -> Canvas:
    """Return the canvas that suits a stream."""
    if _is_terminal(out):
        return _Terminal(out)
    display = notebook_display() if out is sys.stdout else None
    return _File(out) if display is None else _Notebook(display)


def erase_below(out: IO[str]) -> None:
    """Erase what a progress bar may have drawn below the cursor, where `out` is a terminal."""
    if _is_terminal(out):
        out.write(_ERASE_BELOW)


def flush(out: Any) -> None:
    """Flush a stream that can be flushed."""
    if hasattr(out, "flush"):
        out.flush()


def notebook_display() -> Any:
    """Return IPython's ``display`` in a notebook, None elsewhere."""
    ipython = sys.modules.get("IPython")  # a notebook has loaded it
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None
    return ipython.display.display  # type: ignore[union-attr]


def _is_terminal(out: Any) -> bool:
    isatty = getattr(out, "isatty", None)
    return bool(isatty and isatty()) and os.environ.get("TERM") != "dumb"


def _as_html(lines: list[str]) -> Any:
    text = html.escape("".join(lines))
    return sys.modules["IPython"].display.HTML(f"<pre>{text}</pre>" if lines else "")
