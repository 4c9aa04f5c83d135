"""Our functions and the original's agree on calls that nobody has written down."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from tests.oracle.harness import ROOT

SCRIPT = ROOT / "benchmarks" / "agreement.py"


@pytest.mark.oracle
def test_generated_calls_agree(oracle, tmp_path):
    seed = str(np.random.default_rng().integers(1, 2**20))
    command = [sys.executable, str(SCRIPT), "--chainer", str(oracle.python), "--seed", seed]
    done = subprocess.run(
        [*command, "--rounds", "1", "--out", str(tmp_path)],
        check=False,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert " 0 disagree" in done.stdout, f"{done.stdout}\n{done.stderr}"
