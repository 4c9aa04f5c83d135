"""`catenary check`: read programs, without running them, and list what will not run here."""

from __future__ import annotations

import argparse
import json
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path

from catenary.cli.judging import Finding
from catenary.cli.notebook import NotebookError, read_notebook
from catenary.cli.reading import findings_of
from catenary.standin import importing

__all__ = ["work"]

_NOT_PROGRAMS = {"__pycache__", "build", "dist", "node_modules", "site-packages", "venv"}


def work(options: argparse.Namespace) -> int:
    """Print the findings; return 1 where there are some."""
    parser: argparse.ArgumentParser = options.parser
    for path in options.paths:
        if not path.exists():
            parser.error(f"there is no file or folder {str(path)!r} in {Path.cwd()}.")
    importing.install()
    files = [file for path in options.paths for file in _programs(path)]
    findings = [finding for file in files for finding in _findings(file)]
    if options.json:
        print(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        for finding in findings:
            print(finding)
        touched = len({finding.file.partition(":cell ")[0] for finding in findings})
        print(f"{_count(len(findings), 'finding')} in {touched} of {_count(len(files), 'file')}")
    return 1 if findings else 0


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _programs(path: Path) -> Iterator[Path]:
    """The file itself, or what a folder holds, hidden and installed programs left out."""
    if not path.is_dir():
        yield path
        return
    for file in sorted([*path.rglob("*.py"), *path.rglob("*.ipynb")]):
        inside = file.relative_to(path).parts[:-1]
        if not any(part in _NOT_PROGRAMS or part.startswith(".") for part in inside):
            yield file


def _findings(file: Path) -> list[Finding]:
    name = str(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the program's escapes, and names that are deprecated
            if file.suffix == ".ipynb":
                return _of_notebook(file.read_text(encoding="utf-8"), name)
            with tokenize.open(file) as stream:
                return findings_of(stream.read(), name)
    except SyntaxError as error:
        return [_of_syntax(name, error)]
    except UnicodeDecodeError as error:
        return [Finding(name, 1, "syntax", str(error), "save the file as UTF-8")]
    except NotebookError as error:
        return [Finding(name, 1, "syntax", str(error), "save it in Jupyter again")]
    except OSError as error:
        advice = "look at it by hand, or remove it"
        return [Finding(name, 1, "unreadable", str(error.strerror), advice)]


def _of_syntax(name: str, error: SyntaxError) -> Finding:
    advice = "Python 3 cannot read it; was it written for Python 2? Translate it first"
    return Finding(name, error.lineno or 1, "syntax", str(error.msg), advice)


def _of_notebook(text: str, name: str) -> list[Finding]:
    """The findings by cell, as in ``a.ipynb:cell 3:1: ...``."""
    notebook = read_notebook(text)
    found = [
        (number, _of_syntax(f"{name}:cell {number}", error)) for number, error in notebook.broken
    ]
    for finding in findings_of(notebook.text, name):
        number, line = notebook.places[finding.line - 1]
        found.append((number, finding._replace(file=f"{name}:cell {number}", line=line)))
    return [finding for _, finding in sorted(found, key=lambda pair: pair[0])]
