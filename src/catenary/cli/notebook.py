"""Jupyter notebooks as programs: their code cells one after the other, magics left out."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

__all__ = ["Notebook", "NotebookError", "read_notebook"]

# Cells of these are Python but for their first line; those of others are another language.
_PYTHON_MAGICS = {"time", "timeit", "capture", "prun"}
_COMMAND = re.compile(r"^(\s*)[%!?].*|^(\s*)[\w.]+\?{1,2}\s*$")
_CAPTURED = re.compile(r"^(\s*[\w., ]+=\s*)[%!].*")


class NotebookError(Exception):
    """A file that is called a notebook is none."""


class Notebook(NamedTuple):
    """A notebook's program.

    Attributes:
        text: The cells that Python can parse, as one program.
        places: Of each line in it, the cell and the line in the cell; both count from 1.
        broken: (cell, error) of those that it cannot.
    """

    text: str
    places: list[tuple[int, int]]
    broken: list[tuple[int, SyntaxError]]


def read_notebook(text: str) -> Notebook:
    """Return the program of a notebook.

    Args:
        text: The file's text, of format 3 or later.

    Raises:
        NotebookError: If it is no notebook.
    """
    try:
        cells = list(_cells(json.loads(text)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotebookError("this is no Jupyter notebook") from error
    lines: list[str] = []
    places: list[tuple[int, int]] = []
    broken = []
    for number, cell in enumerate(cells, 1):
        own = _python(cell)
        try:
            ast.parse("\n".join(own))
        except SyntaxError as error:
            broken.append((number, error))
            continue
        lines += own
        places += [(number, line) for line in range(1, len(own) + 1)]
    return Notebook("\n".join(lines), places, broken)


def _cells(content: Any) -> Iterator[str]:
    """The code of each cell; of one that holds none, nothing."""
    for sheet in content.get("worksheets", [content]):
        for cell in sheet["cells"]:
            held = cell.get("source", cell.get("input", ""))
            yield "".join(held) if cell["cell_type"] == "code" else ""


def _python(cell: str) -> list[str]:
    """A cell's lines, with nothing in place of what IPython would take."""
    lines = cell.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%") and (first[2:].split() or [""])[0] not in _PYTHON_MAGICS:
        return []
    lines = [_CAPTURED.sub(r"\1None", line) for line in lines]
    return [_COMMAND.sub(r"\1\2pass", line) for line in lines]
