"""MultiprocessParallelUpdater with two processes, spawned from a program of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

PROGRAM = r"""
import multiprocessing, os, sys, warnings
import numpy as np
from catenary import functions as F, links as L, optimizers, training
from catenary.datasets import TupleDataset
from catenary.iterators import SerialIterator

class Broken(L.Classifier):
    def to_device(self, device):
        if multiprocessing.parent_process():
            raise OSError("no such place")
        return super().to_device(device)


class Killed(L.Classifier):
    def __call__(self, *batch):
        if multiprocessing.parent_process():
            os.kill(os.getpid(), 9)
        return super().__call__(*batch)


KINDS = {"start": Broken, "kill": Killed}


def main(out, fault):
    multiprocessing.set_start_method("spawn")
    x = np.random.RandomState(0).randn(40, 4).astype("f")
    t = (x[:, 0] > 0).astype("i")
    if fault == "label":
        t[30] = 9
    np.random.seed(0)
    model = KINDS.get(fault, L.Classifier)(L.Linear(4, 2))
    initial = model.predictor.W.array.copy()
    optimizer = optimizers.SGD(lr=0.4).setup(model)
    halves = [TupleDataset(x[:20], t[:20]), TupleDataset(x[20:], t[20:])]
    parts = [SerialIterator(half, 5, shuffle=False) for half in halves]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        updater = training.updaters.MultiprocessParallelUpdater(
            parts, optimizer, devices=["@numpy", "@numpy"])
    trainer = training.Trainer(updater, (2, "epoch"), out)
    try:
        trainer.run(show_loop_exception_msg=False)
    except RuntimeError as error:
        print(error, *getattr(error, "__notes__", ()), sep="\n")
    else:
        assert optimizer.epoch == 2 and optimizer.lr == 0.2
        one = L.Classifier(L.Linear(4, 2))
        one.predictor.W.array[...] = initial
        alone = optimizers.SGD(lr=0.2).setup(one)
        for i in [0, 5, 10, 15] * 2:
            alone.update(lambda: one(x[i:i+5], t[i:i+5]) + one(x[i+20:i+25], t[i+20:i+25]))
        difference = abs(one.predictor.W.array - model.predictor.W.array).max()
        assert difference < 1e-6, difference
        print("as in one process")
    assert multiprocessing.active_children() == []

if __name__ == "__main__":
    main(*sys.argv[1:])
"""


def run(tmp_path, *args):
    (tmp_path / "program.py").write_text(PROGRAM, encoding="utf-8")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = subprocess.run(
        [sys.executable, str(tmp_path / "program.py"), str(tmp_path / "out"), *args],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "TMPDIR": str(scratch)},
    )
    assert done.returncode == 0, done.stderr
    assert list(scratch.iterdir()) == []
    return done.stdout


@pytest.mark.slow
def test_two_processes_train_one_model(tmp_path):
    assert run(tmp_path, "none") == "as in one process\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "beginning", "words"),
    [
        ("label", "process 1 of 2 failed:\nTraceback", "Target 9 is out of bounds"),
        ("start", "process 1 of 2 failed:\nTraceback", "OSError: no such place"),
        ("kill", "", "process 1 of 2 has ended, with exit code -9"),
    ],
)
def test_a_fault_in_a_process_ends_the_training_and_is_told(tmp_path, fault, beginning, words):
    said = run(tmp_path, fault)
    assert said.startswith(beginning)
    assert words in said
