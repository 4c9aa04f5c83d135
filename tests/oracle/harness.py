"""Ask the original Chainer 7.8.1, in its own Python.

A test marked `oracle` takes the fixture `oracle` and calls it with a piece of code:

    def test_adam(oracle):
        said = oracle("outputs['w'] = inputs['w'] * 2", w=numpy.ones(3))
        said["w"]

The code sees `chainer`, `numpy` and `inputs` (a dict of arrays), and fills `outputs`. It runs in
`oracle.folder`, where files may be left for it and found afterwards.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

ROOT = Path(__file__).parents[2]
ABSENT = "the original Chainer is not installed here: `make oracle-test` installs it and runs this"

FRAME = """
import numpy
import chainer
with numpy.load("inputs.npz") as file:
    inputs = dict(file)
outputs = {{}}
exec(compile({code!r}, "<asked of the original>", "exec"))
numpy.savez("outputs.npz", **outputs)
"""


class OracleError(Exception):
    """The code that was asked of the original failed there."""


def find(environ: Mapping[str, str] = os.environ, root: Path = ROOT) -> Path | None:
    """The original's Python: $CATENARY_ORACLE, else the one that `make oracle-test` installed.

    Raises:
        FileNotFoundError: Where $CATENARY_ORACLE names no file: that is a mistake, no absence.
    """
    named = environ.get("CATENARY_ORACLE")
    # Not resolved: a virtual environment's Python is a link, and knows itself by the link's place.
    path = (root / named) if named else root / ".oracle" / "bin" / "python"
    if path.is_file():
        return path
    if named:
        raise FileNotFoundError(f"CATENARY_ORACLE is {named}, and there is no such Python")
    return None


class Oracle:
    """The original, ready to be asked."""

    def __init__(self, python: Path, folder: Path) -> None:
        self.python = python
        self.folder = folder

    def __call__(self, code: str, *arguments: str, **inputs: Any) -> dict[str, Any]:
        """Run `code` under the original and return its `outputs`.

        Args:
            code: What to run.
            *arguments: What it finds in `sys.argv`, from 1 on.
            **inputs: What it finds in `inputs`.

        Raises:
            OracleError: If it fails there; the message has the traceback.
        """
        numpy.savez(self.folder / "inputs.npz", **inputs)
        outputs = self.folder / "outputs.npz"
        outputs.unlink(missing_ok=True)
        # -I: neither our PYTHONPATH, which may name the stand-in, nor the folder's own modules.
        done = subprocess.run(
            [self.python, "-I", "-W", "ignore", "-c", FRAME.format(code=code), *arguments],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        if done.returncode:
            raise OracleError(f"{done.stdout}{done.stderr}")
        with numpy.load(outputs) as file:
            return dict(file)
