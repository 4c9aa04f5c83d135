"""A program of 2019, resumed from a snapshot of the original: checked, run, converted to torch.

`golden/legacy` holds the program, and data, snapshot and log of its run (without shuffling).
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch

GOLDEN = Path(__file__).parents[1] / "golden" / "legacy"
PROGRAM = GOLDEN / "program_of_2019.py"
SNAPSHOT = GOLDEN / "snapshot_iter_12"


def catenary(*words, cwd):
    command = [sys.executable, "-m", "catenary", *map(str, words)]
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=100, check=False
    )


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """The folder of the resumed run, and what it said."""
    folder = tmp_path_factory.mktemp("legacy")
    data = GOLDEN / "reference.npz"
    done = catenary("run", PROGRAM, data, "--resume", SNAPSHOT, "--out", "out", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "out", done.stderr


def test_check_lists_what_run_will_supply(tmp_path, resumed):
    done = catenary("check", "--json", PROGRAM, cwd=tmp_path)
    found = {one["name"] for one in json.loads(done.stdout)}
    assert done.returncode == 1
    assert found == {"collections.Iterable", "numpy.int", "numpy.asscalar"}
    assert all(f"{name} is gone since" in resumed[1] for name in found)


def test_the_next_losses_are_the_originals(resumed):
    ours = json.loads((resumed[0] / "losses.json").read_text())
    theirs = json.loads((GOLDEN / "trainer.json").read_text())["iterations"][12:]
    assert [one["iteration"] for one in ours] == [one["iteration"] for one in theirs]
    assert [one["alpha"] for one in ours] == [one["alpha"] for one in theirs]
    losses = [[one["loss"] for one in ours], [one["obs"]["main/loss"] for one in theirs]]
    assert numpy.allclose(*losses, rtol=1e-6, atol=0)


def test_the_log_goes_on_where_it_was(resumed):
    log = json.loads((resumed[0] / "log").read_text())
    assert [one["epoch"] for one in log] == [1, 2, 3, 4, 5, 6]
    assert log[0]["main/loss"] == pytest.approx(1.09, abs=0.05)


@pytest.mark.parametrize(
    ("source", "prefix"),
    [
        ("snapshot_iter_23", "updater/model:main/predictor"),
        ("model_iter_23", "predictor"),
    ],
)
def test_the_trained_model_loads_in_plain_torch(resumed, tmp_path, source, prefix):
    done = catenary("convert", resumed[0] / source, "m.pt", "--prefix", prefix, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    model = torch.nn.Sequential()
    model.add_module("l1", torch.nn.Linear(4, 6))
    model.add_module("relu", torch.nn.ReLU())
    model.add_module("l2", torch.nn.Linear(6, 3))
    model.load_state_dict(torch.load(tmp_path / "m.pt", weights_only=True))
    with numpy.load(GOLDEN / "reference.npz") as reference:
        x = reference["x"]
        names = ("l1.W", "l1.b", "l2.W", "l2.b")
        w1, b1, w2, b2 = (reference[f"final.predictor.{name}"] for name in names)
    assert numpy.allclose(model.l1.weight.detach(), w1, atol=1e-6)
    expected = numpy.maximum(x @ w1.T + b1, 0) @ w2.T + b2
    assert numpy.allclose(model(torch.from_numpy(x)).detach(), expected, atol=1e-5)
