"""The examples run and learn."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
WRITES = {"chainer_program": "predictor/l1/W", "torch_module": "t", "vae": "encoder/loc/W"}
# The autoencoder begins at 64 log 2 = 44.4 and has a loss of 20.16 in the original as well.
LEARNS = {"vae": (r"test loss ([\d.]+)\n(?:[ .:*#]{64}\n){8}", lambda loss: 19 < loss < 21)}
ACCURACY = (r"test accuracy ([\d.]+)\n", lambda accuracy: accuracy > 0.9)


# Tested with the room that they show: tests/training and tests/optim.
ELSEWHERE = {"train_mnist_like", "sixty_seconds"}


@pytest.mark.parametrize("name", sorted({path.stem for path in EXAMPLES.glob("*.py")} - ELSEWHERE))
def test_an_example_learns_and_saves(name, tmp_path):
    command = [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py")]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    pattern, good = LEARNS.get(name, ACCURACY)
    assert good(float(re.fullmatch(pattern, done.stdout)[1]))
    (written,) = tmp_path.iterdir()
    with numpy.load(written) as snapshot:
        assert WRITES[name] in snapshot
