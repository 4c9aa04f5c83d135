"""Programs in Chainer's style run under `catenary run`, and print what the original prints.

`golden/make_examples.py` ran the ones with generated data under the original.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "chainer"
GOLDEN = json.loads((ROOT / "tests" / "golden" / "examples.json").read_text(encoding="utf-8"))
# Two adversaries amplify the last bit; everything else agrees in every printed digit but one.
TOLERANCE = {"train_gan": 3e-3}


def run(name, *args, folder):
    """Run an example as a user would, with warnings as errors."""
    command = [sys.executable, "-W", "error", "-m", "catenary", "run"]
    done = subprocess.run(
        [*command, str(EXAMPLES / f"{name}.py"), *map(str, args), "--out", str(folder)],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return [line.replace("\x1b[J", "").split() for line in done.stdout.splitlines()]


@pytest.mark.parametrize("name", GOLDEN)
def test_an_example_prints_what_the_original_prints(name, tmp_path):
    golden = GOLDEN[name]
    ours = run(name.split()[0], *golden["args"], folder=tmp_path)
    theirs = golden["lines"]
    assert len(ours) == len(theirs)
    for our_words, their_words in zip(ours, theirs, strict=True):
        for our, their in zip(our_words, their_words, strict=False):  # ours may end in a time
            if re.fullmatch(r"-?\d[\d.e+-]*", their):
                rtol = TOLERANCE.get(name, 2e-5)
                assert float(our) == pytest.approx(float(their), rel=rtol), (our_words, their_words)
            else:
                assert our == their
    assert any(tmp_path.iterdir())


def test_digits_are_learned_and_resumed_to_the_bit(tmp_path):
    whole, half = tmp_path / "whole", tmp_path / "half"
    whole.mkdir()
    half.mkdir()
    lines = run("train_digits", "-e", 2, "-c", 4, folder=whole)
    assert lines[0][:2] == ["epoch", "main/loss"]
    assert float(lines[2][4]) > 0.7  # validation/main/accuracy
    run("train_digits", "-e", 1, "-c", 4, folder=half)
    (snapshot,) = half.glob("snapshot_iter_*")
    run("train_digits", "-e", 2, "-c", 4, "--resume", snapshot, folder=half)
    last = max(path.name for path in whole.glob("snapshot_iter_*"))
    with numpy.load(whole / last) as one, numpy.load(half / last) as other:
        names = [name for name in one.files if name.startswith(("updater/model", "updater/opt"))]
        assert len(names) > 20
        assert [name for name in names if not numpy.array_equal(one[name], other[name])] == []


def test_a_loop_of_ones_own_learns_and_resumes(tmp_path):
    lines = run("train_digits_custom_loop", "-e", 2, folder=tmp_path)
    assert [line[1] for line in lines] == ["1", "2"]
    resumed = run("train_digits_custom_loop", "-e", 3, "-r", tmp_path, folder=tmp_path)
    assert [line[1] for line in resumed] == ["3"]
    assert float(resumed[0][-1]) > 0.7
