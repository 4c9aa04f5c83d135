"""Functions and links agree with the original's on calls that nobody has written down."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.oracle.harness import ROOT

SCRIPT = ROOT / "benchmarks" / "agreement.py"


@pytest.mark.oracle
@pytest.mark.parametrize(("part", "rounds"), [("functions", 1), ("links", 4)])
def test_generated_calls_agree(oracle, tmp_path, part, rounds):
    seed = str(np.random.default_rng().integers(1, 2**20))
    command = [sys.executable, str(SCRIPT), "--chainer", str(oracle.python), "--seed", seed]
    done = subprocess.run(
        [*command, "--rounds", str(rounds), "--part", part, "--out", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert " 0 disagree" in done.stdout, f"seed {seed}\n{done.stdout}\n{done.stderr}"
