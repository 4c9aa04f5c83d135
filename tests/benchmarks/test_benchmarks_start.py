"""Every benchmark runs to its end in its smallest form, so that none rots unseen.

What the numbers are is no matter here. `benchmarks/gpu.py` is tested in tests/triton.
"""

from __future__ import annotations

import gc
import importlib
import sys
from pathlib import Path

import pytest
import torch

from catenary.standin.importing import FOLDER as STANDIN

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ONE = ["--rounds", "1", "--threads", "1"]
MLP = "MLP, 90k"
SMALL = {
    "busy_core": ["--rounds", "1", "--workloads", MLP],
    "calls": [*ONE, "--only", "relu", "Linear"],
    "curves": ["--steps", "6", "--threads", "1"],
    "every_rule": [*ONE, "--workload", MLP],
    "host": [*ONE, "--counts", "3"],
    "loading": ["--rounds", "2", "--size", "200"],
    "low_precision": [*ONE, "--workloads", MLP, "--storages", "kahan"],
    "optimizer_step": [*ONE, "--workloads", MLP],
    "overhead": ONE,
    "torch_face": [*ONE, "--workloads", MLP],
    "training_iteration": [*ONE, "--networks", "mlp"],
}
WITH_CHAINER = {
    "calls": [*ONE, "--only", "relu"],
    "every_rule": [*ONE, "--workload", MLP, "--rules", "SGD"],
    "loading": SMALL["loading"],
    "training_iteration": SMALL["training_iteration"],
}


@pytest.fixture
def load(monkeypatch):
    """Import a benchmark as its command does, and forget it and what it changes afterwards."""
    before, threads = set(sys.modules), torch.get_num_threads()
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield importlib.import_module
    gc.enable()
    torch.set_num_threads(threads)
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if file is not None and BENCHMARKS in Path(file).parents:
            del sys.modules[name]


@pytest.fixture
def start(load, monkeypatch, tmp_path):
    """Run a benchmark's `main` on a command line, and return what it wrote, by name."""

    def run(name, *arguments):
        # The tables of agreement are written for a whole search.
        goal = [] if name == "agreement" else ["--out", str(tmp_path / "results")]
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *arguments, *goal])
        load(name).main()
        return {path.name: path.read_bytes() for path in tmp_path.glob("results/*")}

    return run


def test_no_benchmark_is_forgotten():
    programs = {path.stem for path in BENCHMARKS.glob("*.py") if "def main()" in path.read_text()}
    assert programs == {*SMALL, "agreement", "gpu"}


@pytest.mark.parametrize("name", SMALL)
def test_a_benchmark_runs(name, start):
    assert start(name, *SMALL[name])[f"{name}.md"].startswith(b"# ")


def test_the_search_for_disagreement_runs(start, tmp_path, capsys):
    """The stand-in answers for the original, so nothing disagrees."""
    original = tmp_path / "python"
    original.write_text(f'#!/bin/sh\nPYTHONPATH="{STANDIN}" exec "{sys.executable}" "$@"\n')
    original.chmod(0o755)
    arguments = ["--rounds", "1", "--part", "functions", "--only", "relu"]
    start("agreement", "--chainer", str(original), *arguments)
    assert "cases of 1 functions, 0 disagree" in capsys.readouterr().out


@pytest.mark.oracle
@pytest.mark.parametrize("name", WITH_CHAINER)
def test_a_benchmark_runs_beside_the_original(name, start, oracle):
    before = start(name, *WITH_CHAINER[name])[f"{name}.md"]
    beside = start(name, *WITH_CHAINER[name], "--chainer", str(oracle.python))[f"{name}.md"]
    assert beside.count("–".encode()) < before.count("–".encode())


@pytest.mark.parametrize("name", [*WITH_CHAINER, "agreement"])
@pytest.mark.parametrize("python", [sys.executable, "no/such/python"])
def test_an_absent_peer_is_told_of(name, python, start):
    arguments = WITH_CHAINER.get(name, ["--part", "functions", "--only", "relu"])
    with pytest.raises(SystemExit, match=r"^no peer.*: .*(No module named 'chainer'|No such file)"):
        start(name, *arguments, "--chainer", python)


def test_absent_optax_is_told_of(start):
    arguments = WITH_CHAINER["every_rule"]
    with pytest.raises(
        SystemExit, match=r"^no peer under .*: ModuleNotFoundError: .*'(jax|optax)'"
    ):
        start("every_rule", *arguments, "--optax", sys.executable)
