"""Read the command line, and give the work to the module of the command."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from catenary import __version__
from catenary.errors import CatenaryError

__all__ = ["main"]

_RUN = """\
Run a program written for Chainer: `import chainer`, `chainerx` and `chainermn` mean catenary, in
its child processes too. What it takes for granted of the Python and NumPy of 2019 is supplied, and
announced once on stderr. Everything else is as with `python SCRIPT ARGS`."""
_CHECK = """\
Read programs and notebooks, without running them, and list what will not run here or means
something else, by file and line, with what to do. Exit status: 0 nothing found, 1 something found,
2 wrong usage."""
_CONVERT = """\
Convert a model between Chainer's files (.npz, .h5) and PyTorch's (.safetensors, .pt, .pth). Names
are translated between the two ('/l1/W' and 'l1.weight'), shapes are checked."""
_INFO = """\
Say what catenary finds on this machine, or what a file holds: names, shapes, dtypes, and the state
of optimizers."""


# What a shell sees of a program that SIGPIPE ended, as it ends others whose reader goes away.
_NO_READER = 128 + 13


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The words after `catenary`; the process's by default.

    Returns:
        The exit status: 0, or 1 where `check` has findings or something failed, or 141 where nobody
        reads the output any more (as in ``catenary info FILE | head -1``). Wrong usage ends the
        process with status 2.
    """
    try:
        try:
            return _run(arguments)
        finally:
            if sys.stdout is not None:
                sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _NO_READER


def _run(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        # Not status 0: a script that forgot the command did not do what it was to do.
        parser.print_help(sys.stderr)
        parser.exit(2)
    work = importlib.import_module(f"catenary.cli.{options.command}")
    try:
        status: int = work.work(options)
    except CatenaryError as error:
        sys.stderr.write(f"catenary {options.command}: {error}\n")
        return 1
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f"{error.filename}: " if error.filename is not None else ""
        sys.stderr.write(f"catenary {options.command}: {where}{error.strerror or error}\n")
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="catenary",
        description="Chainer programs on PyTorch's engine: run them, check them, convert models.",
    )
    parser.add_argument("--version", action="version", version=f"catenary {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    run = commands.add_parser(
        "run",
        help="run a program written for Chainer",
        description=_RUN,
        usage="catenary run [-h] [--strict] (SCRIPT | -m MODULE) [ARGS ...]",
    )
    run.add_argument(
        "--strict", action="store_true", help="supply nothing that Python and NumPy lack today"
    )
    run.add_argument(
        "-m", dest="module", nargs=argparse.REMAINDER, metavar="MODULE", help="run a module"
    )
    run.add_argument(
        "program", nargs=argparse.REMAINDER, metavar="SCRIPT [ARGS ...]", help="what to run"
    )
    run.set_defaults(parser=run)

    check = commands.add_parser("check", help="list what will not run here", description=_CHECK)
    check.add_argument(
        "paths", nargs="+", type=Path, metavar="PATH", help="program, notebook, folder"
    )
    check.add_argument("--json", action="store_true", help="write a list of objects")
    check.set_defaults(parser=check)

    convert = commands.add_parser("convert", help="convert a model's file", description=_CONVERT)
    convert.add_argument("source", type=Path, metavar="SRC", help="the file to read")
    convert.add_argument("target", type=Path, metavar="DST", help="the file to write")
    convert.add_argument(
        "--prefix", metavar="PATH", help="take only what lies below this name, and drop the name"
    )
    convert.add_argument(
        "--like", type=Path, metavar="FILE", help="check names and shapes against this file's"
    )
    convert.add_argument("--dry-run", action="store_true", help="print the map, write nothing")
    convert.set_defaults(parser=convert)

    info = commands.add_parser("info", help="this machine, or a file", description=_INFO)
    info.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a snapshot or model")
    info.add_argument("--json", action="store_true", help="write an object")
    info.set_defaults(parser=info)
    return parser
