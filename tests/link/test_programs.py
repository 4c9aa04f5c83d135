"""Generated programs over trees of links leave what they leave in the original, step by step.

Where we differ by design, the generator keeps out of the way, and says so where it does. The list:

- `copy("copy")` and `copy("init")` leave the copy without a name, and fill each parameter once (the
  original's chains do it again at each level); copies of lists keep what these hold themselves.
- Assigning to a negative place of a Sequential replaces that layer (the original inserts before
  it), and clearing or reversing one leaves no child behind. The numbers of its children are the
  original's, odd as they are.
- Lists refuse what is no link; a list that is assigned to at a negative place numbers it rightly.
- A parameter without a shape has no gradient to add to; the original raises RuntimeError.
- A call that fails changes nothing: trees that the original has half changed are given up.
- hdf5 files take arrays without axes.
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest

import catenary
from tests.golden import link_programs
from tests.golden.program_records import first_difference, unpack
from tests.oracle.programs import ask

FILE = pathlib.Path(__file__).parents[1] / "golden" / "link_programs.npz"
with np.load(FILE) as file:
    GOLDEN = dict(zip(file["seeds"].tolist(), unpack(file["table"].tobytes()), strict=True))


def compare(seed, expected):
    found = json.loads(json.dumps(link_programs.run(catenary, link_programs.program(seed))))
    difference = first_difference(found, expected)
    assert difference is None, f"seed {seed}: {difference}"


@pytest.mark.parametrize("seed", GOLDEN)
def test_equals_the_original(seed):
    compare(seed, GOLDEN[seed])


def test_every_kind_of_step_is_taken_and_right():
    right = {
        step["did"]
        for record in GOLDEN.values()
        for step in record
        if not isinstance(step["outcome"], dict)
    }
    assert right >= set(link_programs.KINDS)


@pytest.mark.oracle
def test_others_equal_the_original_too(oracle):
    start = int(np.random.default_rng().integers(1000, 2**20))
    for seed, expected in ask(oracle, "link_programs", start, 120):
        compare(seed, expected)
