"""Generated programs over Variables leave what they leave in the original, step by step.

Where we differ by design, the generator keeps out of the way, and says so where it does. The list:

- torch has gradients of floats only: integers require none, and a function that is undone would
  return one for them.
- torch has no graph behind what requires no gradient, so `grad` is asked for what requires one.
- What a backward pass computes with is no call that function hooks hear of; in which order
  functions of one rank are differentiated, and what stands behind a gradient, is not compared.
- A backward pass that fails is not looked at further: the original has begun to write gradients.
- `backward` without gradient to start from raises LossError, where the original fails, or does
  nothing.
- A result beside others that holds a gradient sends it too if it comes of the root's function (the
  original: of any function that is passed).
- Leaves are added to in place, so an array of a gradient does not keep its values over a backward
  pass, and a gradient that another one was computed from is cleared first.
- `v.array = ...` with another dtype or shape drops the gradient; what was computed before may be
  differentiated with the old memory; a shallow copy does not follow.
- `copy` to where a Variable is, `flip` and negative steps copy, where the original looks at the
  same memory.
- Where a function of a user's returns None, what lies behind may get zeros.
- `F.forget` can be differentiated twice; the original refuses.
- What we look at and refuse with InvalidType, the original may stumble over (`STUMBLES`).
"""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest

import catenary
from tests.golden import variable_programs
from tests.golden.program_records import first_difference, unpack
from tests.oracle.programs import ask

FILE = pathlib.Path(__file__).parents[1] / "golden" / "variable_programs.npz"
with np.load(FILE) as file:
    GOLDEN = dict(zip(file["seeds"].tolist(), unpack(file["table"].tobytes()), strict=True))


def compare(seed, expected):
    found = json.loads(json.dumps(variable_programs.run(catenary, variable_programs.program(seed))))
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
    assert right >= set(variable_programs.KINDS) - {"wrong"}


@pytest.mark.oracle
def test_others_equal_the_original_too(oracle):
    start = int(np.random.default_rng().integers(1000, 2**20))
    for seed, expected in ask(oracle, "variable_programs", start, 120):
        compare(seed, expected)
