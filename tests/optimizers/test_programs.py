"""Drawn programs that use optimizers do in this library what they do in the original."""

from __future__ import annotations

import json

import numpy as np
import pytest

import catenary
from tests.golden.optimizer_program_cases import HYPERPARAMETERS, program
from tests.golden.optimizer_program_users import Users
from tests.golden.optimizer_programs import Session, run
from tests.golden.packed_programs import unpack
from tests.oracle.harness import ROOT
from tests.oracle.program_bounds import optimizer_difference

with np.load(ROOT / "tests" / "golden" / "optimizer_programs.npz") as stored:
    PROGRAMS, SHOWN = unpack(dict(stored))
KINDS = sorted({program[1][1] for program in PROGRAMS})
SEARCHED = 200

ASK = """
import sys
sys.path.insert(0, sys.argv[1])
from tests.golden.optimizer_program_cases import program
from tests.golden.optimizer_program_users import Users
from tests.golden.optimizer_programs import run
from tests.golden.packed_programs import pack
first, count = map(int, sys.argv[2:])
programs = [program(seed) for seed in range(first, first + count)]
outputs.update(pack(programs, [run(chainer, Users, each, ".") for each in programs]))
"""


def told(each, difference, seed=None):
    """Say what differs, and how to see it again."""
    if difference is None:
        return None
    place, name, own, expected = difference
    lines = [json.dumps(operation) for operation in each[: place + 1]]
    return "\n".join([f"seed {seed}", *lines, f"{name}: {own!r}; the original: {expected!r}"])


@pytest.mark.parametrize("kind", KINDS)
def test_programs_show_what_the_original_shows(kind, tmp_path):
    for each, expected in zip(PROGRAMS, SHOWN, strict=True):
        if each[1][1] == kind:
            found = optimizer_difference(each, run(catenary, Users, each, tmp_path), expected)
            assert found is None, told(each, found)


def test_the_stored_programs_use_everything():
    assert set(HYPERPARAMETERS) == set(KINDS)
    assert {"float16", "float32", "float64", "master", "mixed"} == {
        program[0][1]["dtype"] for program in PROGRAMS
    }
    operations = {name for program in PROGRAMS for name, *_ in program}
    known = {name for name, held in vars(Session).items() if callable(held) and name[0] != "_"}
    assert known - operations == {"made", "param", "shift_all", "show"}


@pytest.mark.oracle
def test_new_programs_show_what_the_original_shows(oracle, tmp_path):
    first = int(np.random.default_rng().integers(2**30))
    programs, shown = unpack(oracle(ASK, str(ROOT), str(first), str(SEARCHED)))
    for seed, (each, expected) in enumerate(zip(programs, shown, strict=True), first):
        found = optimizer_difference(each, run(catenary, Users, each, tmp_path), expected)
        assert found is None, told(each, found, seed)
    assert programs[0] == json.loads(json.dumps(program(first)))
