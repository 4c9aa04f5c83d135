"""`catenary run`: start Python on the program, in an environment where `chainer` is catenary.

The process becomes that Python (on Windows it waits for it), so that `sys.argv`, `__main__`,
`sys.path[0]`, tracebacks, signals and the exit status are plain Python's.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from catenary.standin.importing import FOLDER as STANDIN

__all__ = ["work"]

_STARTUP = Path(__file__).resolve().parents[1] / "legacy" / "startup"


def work(options: argparse.Namespace) -> int:
    """Become the program; does not return, except on Windows."""
    parser: argparse.ArgumentParser = options.parser
    program: list[str] = ["-m", *options.module] if options.module else options.program
    if not program:
        parser.error("what to run? Name a script, or a module after -m.")
    if not options.module and not Path(program[0]).exists():
        parser.error(f"there is no file {program[0]!r} in {Path.cwd()}.")
    if not options.module and program[0].endswith(".ipynb"):
        parser.error(
            f"{program[0]!r} is a notebook, and Python would read it as data and do nothing. Make "
            f"a program of it: jupyter nbconvert --to script {program[0]}"
        )
    if sys.flags.ignore_environment:
        parser.error(
            "this Python was started with -E or -I and ignores the environment, "
            "through which child processes hear of catenary. Start it without."
        )
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    command = [sys.executable, *flags, *program]
    environment = {**os.environ, **_changes(options.strict)}
    sys.stdout.flush()
    if sys.platform == "win32":
        return subprocess.call(command, env=environment)  # noqa: S603
    os.execve(sys.executable, command, environment)  # noqa: S606


def _changes(strict: bool) -> dict[str, str]:
    inherited = os.environ.get("PYTHONPATH")
    path = [str(_STARTUP), str(STANDIN), *([inherited] if inherited else [])]
    return {
        "PYTHONPATH": os.pathsep.join(path),
        "CATENARY_RUN": "strict" if strict else "supply",
        "CATENARY_ANNOUNCED": "",
    }
