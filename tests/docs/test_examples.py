"""The examples run and learn."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
WRITES = {"chainer_program": "predictor/l1/W", "torch_module": "t"}


@pytest.mark.parametrize("name", sorted(path.stem for path in EXAMPLES.glob("*.py")))
def test_an_example_learns_and_saves(name, tmp_path):
    command = [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py")]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert float(re.fullmatch(r"test accuracy ([\d.]+)\n", done.stdout)[1]) > 0.9
    (written,) = tmp_path.iterdir()
    with numpy.load(written) as snapshot:
        assert WRITES[name] in snapshot
