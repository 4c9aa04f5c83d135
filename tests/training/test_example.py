"""The example of the mnist kind: it learns, writes what Chainer's writes, and goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "train_mnist_like.py"


def run(folder, *options):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLE), "--unit", "20", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


@pytest.mark.slow
def test_it_learns_and_goes_on(tmp_path):
    said = run(tmp_path, "--epoch", "3", "--frequency", "2")
    assert said.startswith("Device: @numpy\n# unit: 20\n# Minibatch-size: 100\n# epoch: 3\n\nepoch")
    assert "\x1b" not in said
    result = tmp_path / "result"
    written = {"accuracy.png", "cg.dot", "log", "loss.png", "snapshot_iter_29"}
    assert {path.name for path in result.iterdir()} == written
    log = json.loads((result / "log").read_text(encoding="utf-8"))
    assert [entry["epoch"] for entry in log] == [0, 1, 2, 3]
    assert log[-1]["validation/main/loss"] < log[0]["validation/main/loss"]
    with np.load(result / "snapshot_iter_29", allow_pickle=True) as snapshot:
        assert snapshot["updater/model:main/predictor/l1/W"].shape == (20, 64)

    run(tmp_path, "--epoch", "3", "--resume", "result/snapshot_iter_29")
    again = json.loads((result / "log").read_text(encoding="utf-8"))
    for entry in (*log, *again):
        del entry["elapsed_time"]
    assert again == log, "shuffled as in the run that was not stopped"
