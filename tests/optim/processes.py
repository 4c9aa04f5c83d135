"""Programs that run in two processes of one group; each program is a function of `programs.py`."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import torch

from tests.optim import programs

ROOT = Path(__file__).parents[2]
COUNT = 2


@functools.cache
def _results() -> tuple[list[dict[str, Any]] | str, Path]:
    """Run every program in the same two processes; starting them takes longer than all of them."""
    folder = Path(tempfile.mkdtemp(prefix="catenary-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    programs.leave_for_two(folder)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.optim.processes", str(rank), str(folder)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(COUNT)
    ]
    said = []
    try:
        said += [process.communicate(timeout=240)[0] for process in started]
    except subprocess.TimeoutExpired as error:
        said.append(f"{error}: {error.stdout!r}")
    finally:
        for process in started:
            process.kill()
    if any(process.returncode for process in started):
        return "\n".join(said), folder
    return [torch.load(folder / f"{rank}.pt", weights_only=False) for rank in range(COUNT)], folder


def of_two_processes(program: str) -> list[Any]:
    """Return what a program returned in each process."""
    results = _results()[0]
    assert not isinstance(results, str), results
    return [of_one[program] for of_one in results]


def folder_of_two_processes() -> Path:
    """Return the folder that the programs wrote into."""
    return _results()[1]


def main(rank: int, folder: Path) -> None:
    """Run all programs as one of the two."""
    torch.distributed.init_process_group(
        "gloo",
        init_method=f"file://{folder}/meeting-place",
        rank=rank,
        world_size=COUNT,
        timeout=timedelta(seconds=60),
    )
    # One that fails ends its process: after that the two would no longer speak of the same.
    results = {name: program(folder) for name, program in programs.PROGRAMS.items()}
    torch.save(results, folder / f"{rank}.pt")
    torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
