"""`catenary check`: read programs, without running them, and list what will not run here."""

from __future__ import annotations

import argparse
import json
import tokenize
import warnings
from collections.abc import Iterator
from pathlib import Path

from catenary.cli.judging import Finding
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
        touched = len({finding.file for finding in findings})
        print(f"{_count(len(findings), 'finding')} in {touched} of {_count(len(files), 'file')}")
    return 1 if findings else 0


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _programs(path: Path) -> Iterator[Path]:
    """The file itself, or every program in a folder, hidden and installed ones left out."""
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*.py")):
        inside = file.relative_to(path).parts[:-1]
        if not any(part in _NOT_PROGRAMS or part.startswith(".") for part in inside):
            yield file


def _findings(file: Path) -> list[Finding]:
    name = str(file)
    try:
        with tokenize.open(file) as stream:
            text = stream.read()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the program's escapes, and names that are deprecated
            return findings_of(text, name)
    except SyntaxError as error:
        advice = "Python 3 cannot read it; was it written for Python 2? Translate it first"
        return [Finding(name, error.lineno or 1, "syntax", str(error.msg), advice)]
    except UnicodeDecodeError as error:
        return [Finding(name, 1, "syntax", str(error), "save the file as UTF-8")]
