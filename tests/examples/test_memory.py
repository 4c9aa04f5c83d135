"""The examples grow by nothing: what lives after an update is what lived after the one before.

`memory_of.py` counts, having taken away what the program keeps on purpose: the log of a LogReport
(and with it the JSON text, which is made of it each time). train_dqn keeps more, its replay memory
of 2,000 steps, so all that lives is compared once that is full; before, only what is ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import catenary
from tests.examples.census import CAN_COUNT, growth, more_objects

PROBE = Path(__file__).parent / "memory_of.py"
EXAMPLES = Path(__file__).parents[2] / "examples" / "chainer"
OURS = str(Path(catenary.__file__).parent)
# As small as it gets, with several epochs within a hundred updates.
ARGS = {
    "train_digits": "--epoch 1000 --channels 2",
    "train_digits_custom_loop": "--epoch 1000",
    "train_language_model": "--epoch 10000 --words 2000 --unit 16 --bproplen 5",
    "train_gan": "--iteration 10000 --batchsize 20",
    "train_word2vec": "--epoch 10000 --words 1000 --batchsize 50",
    "seq2seq": "--epoch 10000 --words 320 --batchsize 8 --unit 16",
    "train_dqn": "--episode 10000",
}

# What is not just after a snapshot: rules that were saved share their clock after the next step.
UPDATES = {
    "train_gan": (205, 505, 1005, 1995),  # its first snapshot, which imports modules, is at 2,000
    "train_dqn": (205, 2505, 3005, 4005),  # its replay is full
}

pytestmark = pytest.mark.skipif(not CAN_COUNT, reason="asks Linux and glibc")


def seen(name, updates, folder):
    """What lives after each of these numbers of updates; counting begins at the first."""
    points = ",".join(map(str, updates))
    done = subprocess.run(
        [
            *(sys.executable, "-W", "error", "-m", "catenary", "run"),
            *(str(PROBE), points, str(EXAMPLES / f"{name}.py")),
            *(*ARGS[name].split(), "--out", str(folder)),
        ],
        cwd=folder,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = [line for line in done.stdout.splitlines() if line.startswith("memory ")]
    assert len(lines) == len(updates) - 1, done.stdout
    return [json.loads(line.removeprefix("memory ")) for line in lines]


def assert_nothing_of_ours_grew(before, now):
    """No type of object, and no file of ours, holds more than before.

    The addresses of the gradients are 40 bytes a parameter; floats and tuples that live just when
    we look are a few hundred bytes. One float kept by each of 120 updates is 2,880.
    """
    assert more_objects(before["objects"], now["objects"]) == {}
    traced = growth(before["traced"], now["traced"])
    ours = {file: n for file, n in traced.items() if file.startswith(OURS) and n}
    assert sum(ours.values()) < 2048, ours


@pytest.mark.parametrize("name", ARGS)
def test_a_hundred_updates_grow_by_nothing(name, tmp_path):
    assert_nothing_of_ours_grew(*seen(name, (45, 85, 205), tmp_path))


@pytest.mark.long
@pytest.mark.parametrize("name", ARGS)
def test_a_thousand_updates_grow_by_nothing(name, tmp_path):
    first, second, third = seen(name, UPDATES.get(name, (205, 505, 1005, 2005)), tmp_path)
    for before, now in ((first, second), (second, third)):
        assert_nothing_of_ours_grew(before, now)
        # Objects of all kinds, numbers too, of the program and of torch too.
        assert now["blocks"] - before["blocks"] < 25
        # A node of torch's graph is more than 100 bytes: one an update would be 50,000.
        assert now["heap"] - before["heap"] < 40_000
    # Pages come and go by hundreds; this is what a person sees.
    assert third["resident"] - second["resident"] < 3 * 2**20
