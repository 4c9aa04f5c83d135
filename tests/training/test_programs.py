"""Drawn trainings do in this library what they do in the original, resumed ones too."""

from __future__ import annotations

import json

import numpy as np
import pytest

import catenary
from tests.golden.packed_programs import unpack
from tests.golden.training_program_cases import program
from tests.golden.training_programs import Training, run
from tests.oracle.harness import ROOT
from tests.oracle.program_bounds import training_difference

with np.load(ROOT / "tests" / "golden" / "training_programs.npz") as stored:
    PROGRAMS, SHOWN = unpack(dict(stored))
SEARCHED = 80

ASK = """
import sys, tempfile
sys.path.insert(0, sys.argv[1])
from tests.golden.packed_programs import pack
from tests.golden.training_program_cases import program
from tests.golden.training_programs import run
first, count = map(int, sys.argv[2:])
programs = [program(seed) for seed in range(first, first + count)]
outputs.update(pack(programs, [run(chainer, each, tempfile.mkdtemp(dir=".")) for each in programs]))
"""


def check(each, expected, folder, seed):
    folder.mkdir()
    difference = training_difference(run(catenary, each, folder), expected)
    if difference is not None:
        part, name, own, other = difference
        told = f"in part {part}, {name}:\n{own!r}\nthe original:\n{other!r}"
        pytest.fail(f"seed {seed}\n{json.dumps(each, indent=1)}\n{told}")


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_a_training_shows_what_the_original_shows(number, tmp_path):
    check(PROGRAMS[number], SHOWN[number], tmp_path / "out", number)


def test_the_stored_trainings_use_everything():
    kinds = {extension["made"][0] for each in PROGRAMS for extension in each["extensions"]}
    own = {name.removeprefix("make_") for name in vars(Training) if name.startswith("make_")}
    assert own <= kinds
    triggers = {
        (extension["trigger"] or ["none"])[0] for p in PROGRAMS for extension in p["extensions"]
    }
    assert triggers == {"none", "interval", "schedule", "max", "min", "once", "time", "odd"}
    assert {each["stop"][0] for each in PROGRAMS} == {"interval", "early", "when"}
    ways = {each["resumed"]["how"] for each in PROGRAMS if each["resumed"]}
    assert ways == {"file", "autoload", "object"}


@pytest.mark.oracle
def test_new_trainings_show_what_the_original_shows(oracle, tmp_path):
    first = int(np.random.default_rng().integers(2**30))
    programs, shown = unpack(oracle(ASK, str(ROOT), str(first), str(SEARCHED)))
    for seed, (each, expected) in enumerate(zip(programs, shown, strict=True), first):
        assert each == json.loads(json.dumps(program(seed)))
        check(each, expected, tmp_path / str(seed), seed)
