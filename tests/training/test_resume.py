"""A run that is killed, at any moment and however often, ends with the bits of one that is not."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from catenary import iterators, optimizers, training
from catenary.serializers.npz import save_npz, serialize
from catenary.training import extensions
from catenary.training.extensions import _snapshot_seal
from tests.training import resume_program as program

ROOT = Path(__file__).parents[2]


def kill_and_restart(folder, iterator, writer, kills, seed):
    """What the server of `resume_program` says."""
    command = [sys.executable, "-W", "error", "-m", program.__name__]
    done = subprocess.run(
        [*command, folder, iterator, writer, str(kills), str(seed)],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert not said["failed"], f"{said}\n{done.stderr}"
    return said


def assert_nothing_was_lost(said, kills):
    assert said["killed"] == kills
    assert said["different"] == []
    assert said["lost"] == []
    assert said["resumed"] > 0
    assert said["orphans"] == 0
    assert said["iterations"] > 25, "a run so short shows little"


@pytest.mark.parametrize(
    ("iterator", "writer"),
    [("serial", "SimpleWriter"), ("process", "ThreadQueueWriter")],
)
def test_a_killed_run_loses_nothing(iterator, writer, tmp_path):
    assert_nothing_was_lost(kill_and_restart(tmp_path, iterator, writer, 4, 1), 4)


@pytest.mark.long
@pytest.mark.parametrize("iterator", program.ITERATORS)
@pytest.mark.parametrize("writer", program.WRITERS)
def test_many_killed_runs_lose_nothing(iterator, writer, tmp_path):
    """Fifteen ways to load and write, sixteen kills each: 240."""
    seed = random.SystemRandom().randrange(2**32)
    said = kill_and_restart(tmp_path, iterator, writer, 16, seed)
    print(seed, said)
    assert_nothing_was_lost(said, 16)


PARTLY = """
import os, signal, sys
from pathlib import Path
from tests.training import resume_program as program
from catenary.serializers import save_npz
from catenary.training import extensions

out, fatal, share = Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])


def save(path, values):
    if values["catenary/iteration"] != fatal:
        return save_npz(path, values)
    save_npz(path + ".whole", values)
    content = Path(path + ".whole").read_bytes()
    Path(path).write_bytes(content[: int(share * len(content))])
    os.kill(os.getpid(), signal.SIGKILL)


trainer = program.build(out)
trainer.get_extension("_Snapshot").writer = extensions.snapshot_writers.SimpleWriter(save)
trainer.run()
"""


@pytest.mark.parametrize("share", [0.6, 1.0])
def test_a_kill_in_the_middle_of_writing_leaves_the_snapshot_before(share, tmp_path, python):
    env = {"PYTHONPATH": str(ROOT)}
    killed = python(PARTLY, str(tmp_path), "5", str(share), check=False, env=env)
    assert killed.returncode == -9
    assert program.newest(tmp_path) == 4
    assert list(tmp_path.glob(".snapshot_iter_5.*.tmp"))
    trainer = program.build(tmp_path)
    trainer.stop_trigger = lambda trainer: trainer.updater.iteration >= 5
    trainer.run()
    assert (tmp_path / "starts").read_text().split() == ["0", "4"]
    assert not list(tmp_path.glob(".snapshot*"))
    _snapshot_seal.verify(tmp_path / "snapshot_iter_5")


@pytest.mark.parametrize("format", ["npz", "h5"])
def test_every_global_generator_goes_on(format, tmp_path):
    """Python's, NumPy's, with its second normal number, and torch's."""
    from catenary import serializers

    def draw():
        return [random.gauss(0, 1), np.random.randn(), np.random.rand(3).tolist(), torch.rand(2)]

    trainer = program.build(tmp_path)
    random.gauss(0, 1)
    np.random.randn()
    path = str(tmp_path / f"state.{format}")
    save, load = {
        "npz": (save_npz, serializers.load_npz),
        "h5": (serializers.save_hdf5, serializers.load_hdf5),
    }[format]
    save(path, trainer)
    expected = draw()
    random.seed(100)
    np.random.seed(100)
    torch.manual_seed(100)
    load(path, trainer)
    assert str(draw()) == str(expected)


def module_trainer(out, kind, iterations):
    """A torch module with dropout, an optimizer and a schedule."""
    torch.manual_seed(0)
    np.random.seed(0)
    random.seed(0)
    data = np.random.randn(10, 3).astype("f")
    model = torch.nn.Sequential(
        torch.nn.Linear(3, 5),
        torch.nn.BatchNorm1d(5),
        torch.nn.Dropout(0.4),
        torch.nn.Linear(5, 1),
    )

    def loss(x):
        return (model(x) ** 2).mean()

    if kind == "torch":
        optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    else:
        optimizer = optimizers.Adam(alpha=0.1).setup(model)
        optimizer.loss_scaling(interval=2)
    updater = training.StandardUpdater(
        iterators.SerialIterator(data, 4), optimizer, loss_func=loss, model=model
    )
    trainer = training.Trainer(updater, (iterations, "iteration"), str(out))
    trainer.extend(extensions.snapshot(autoload=True), trigger=(1, "iteration"))
    rate = "lr" if kind == "torch" else "alpha"
    trainer.extend(extensions.ExponentialShift(rate, 0.9), trigger=(2, "iteration"))
    return trainer


@pytest.mark.parametrize("kind", ["torch", "catenary"])
@pytest.mark.parametrize("stop", [1, 6])
def test_a_torch_module_is_resumed_exactly(kind, stop, tmp_path):
    def result(out, *ends):
        for end in ends:
            trainer = module_trainer(out, kind, end)
            trainer.run()
        state = serialize(trainer)
        del state["_snapshot_elapsed_time"]
        return {key: (value.dtype, value.tobytes()) for key, value in state.items()}

    assert result(tmp_path / "cut", stop, 9) == result(tmp_path / "whole", 9)
