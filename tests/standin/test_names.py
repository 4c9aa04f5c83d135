"""Chainer's names are found here, wherever Chainer has them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catenary.standin import names

USED = Path(__file__).parents[1] / "golden" / "used_names.txt"

# What at least two of the surveyed repositories use and is not here: CuPy's, which neither Chainer
# has without CuPy, and entries of the configuration that those repositories set before they read.
LACKING = {
    "chainer.backends.cuda.cudnn",
    "chainer.backends.cuda.cupyx",
    "chainer.config.comm",
    "chainer.config.cv_resize_backend",
    "chainer.config.cv_rotate_backend",
}

IMPORT_ALL = """
import importlib, json, sys, warnings
import catenary.as_chainer
from catenary.standin import names
warnings.simplefilter("ignore", DeprecationWarning)
failed = {}
for path in sorted(names.chainer_modules()):
    try:
        importlib.import_module(path)
    except Exception as error:
        failed[path] = repr(error)
print(json.dumps(failed))
"""

FIND_USED = """
import json, sys, warnings
import catenary.as_chainer
from catenary.standin import resolving
warnings.simplefilter("ignore", DeprecationWarning)
lacking, strays = [], []
def find(path):
    try:
        return True, resolving.find(path)
    except (AttributeError, ImportError):
        return False, None
for line in open(sys.argv[1], encoding="utf-8"):
    if line.startswith("#"):
        continue
    repos, name, *spellings = line.split()
    here, value = find(name)
    if not here:
        lacking.append([int(repos), name])
        continue
    for spelling in spellings:
        # Some spellings go on to a part of the name, or of what it is.
        if spelling.rpartition(".")[2] == name.rpartition(".")[2]:
            there, other = find(spelling)
            if not there or other is not value:
                strays.append([spelling, name])
print(json.dumps([lacking, strays]))
"""


def test_the_table_knows_modules_names_and_homes():
    assert names.chainer_has("chainer.functions.activation.relu.ReLU")
    assert names.chainer_has("chainer.training.updaters")
    assert not names.chainer_has("chainer.FunctionSet")
    assert names.chainer_names("chainer.function")["FunctionHook"] == (
        "chainer.function_hook.FunctionHook"
    )
    assert names.chainer_names("no.such.module") == {}
    assert names.places_of("chainer.link.Chain")[0] == "chainer"


def test_every_module_of_chainers_can_be_imported(python):
    assert json.loads(python(IMPORT_ALL).stdout) == {}


@pytest.fixture(scope="module")
def used(python):
    return json.loads(python(FIND_USED, str(USED)).stdout)


def test_every_spelling_of_a_name_is_the_same_object(used):
    assert used[1] == []


def test_what_two_repositories_use_is_here(used):
    lacking = {name for repositories, name in used[0] if repositories >= 2}
    assert lacking == LACKING


def test_an_object_of_chainers_is_not_imported_as_a_module(python):
    code = """
import catenary.as_chainer, chainer
try:
    import chainer.config
except ImportError as error:
    print(error)
print(chainer.config.train, chainer.configuration.config is chainer.config)
"""
    assert python(code).stdout.splitlines()[1:] == ["True True"]


def test_modules_that_lie_elsewhere_here_have_their_names(python):
    code = """
import catenary.as_chainer, catenary
from chainer.backends._cpu import CpuDevice
from chainer.function import FunctionHook, function_node
from chainer.training.updater import StandardUpdater
import chainer.training.updaters.standard_updater as module
print(CpuDevice is catenary.backend.CpuDevice, FunctionHook is catenary.FunctionHook,
      function_node is catenary.function_node, StandardUpdater is module.StandardUpdater)
import chainer
print(chainer.training.updater.StandardUpdater.__module__.split(".")[0], "CpuDevice" in
      dir(chainer.backends._cpu))
try:
    chainer.backends._cpu.NoSuchName
except AttributeError as error:
    print(error)
"""
    assert python(code).stdout.splitlines() == [
        "True True True True",
        "catenary True",
        "chainer.backends._cpu.NoSuchName: neither catenary 0.1.0 nor Chainer 7.8.1 has it.",
    ]


def test_the_programs_own_modules_are_not_hidden(python, tmp_path):
    """The stand-in's folder on `sys.path` holds nothing but Chainer's three names."""
    for name in ("names", "importing", "resolving", "pickles", "imp2019"):
        (tmp_path / f"{name}.py").write_text("MINE = True")
    code = """
import sys, catenary.as_chainer
sys.path.append(sys.argv[1])
import names, importing, resolving, pickles
print(names.MINE, importing.MINE, resolving.MINE, pickles.MINE)
"""
    assert python(code, str(tmp_path)).stdout.split() == ["True"] * 4
