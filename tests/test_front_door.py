"""`import catenary`: light, lazy, and helpful about names."""

from __future__ import annotations

import ast
import importlib
import os
from pathlib import Path

import pytest

import catenary

DOOR = Path(catenary.__file__)


@pytest.mark.parametrize("name", catenary.__all__)
def test_every_name_is_there(name):
    value = getattr(catenary, name)
    if name in catenary._ROOMS:
        assert value is importlib.import_module(f"catenary.{name}")
    elif name != "config":
        home = importlib.import_module(f"catenary.{catenary._HOME[name]}")
        assert value is getattr(home, name)
        assert name in home.__all__, f"{home.__name__} keeps {name} for itself"


def test_type_checkers_see_the_same_names():
    typed = {"config": "catenary.config"}
    for node in ast.parse(DOOR.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for found in node.body:
                (alias,) = found.names
                assert alias.asname == alias.name, "only `X as X` is re-exported"
                typed[alias.name] = found.module
    rooms = dict.fromkeys(catenary._ROOMS, "catenary")
    homes = {name: f"catenary.{room}" for name, room in catenary._HOME.items()}
    assert typed == {"config": "catenary.config"} | rooms | homes
    assert len(catenary.__all__) == len(set(catenary.__all__))


def test_the_door_alone_loads_no_torch(python):
    loaded = python("import catenary, sys; print(*sys.modules)").stdout.split()
    assert "catenary.config" in loaded
    assert not {"torch", "h5py", "catenary.optimizer", "catenary.variable"} & set(loaded)


def test_a_name_is_loaded_when_first_asked_for(python):
    code = "import catenary, sys; catenary.Serializer; print(*sys.modules)"
    loaded = python(code).stdout.split()
    assert "catenary.serializer" in loaded
    assert "torch" not in loaded


def test_a_variable_from_the_door_has_its_operators(python):
    code = """
import numpy
from catenary import Variable
print((Variable(numpy.ones(2, "float32")) + 1).array)
"""
    assert python(code).stdout.split() == ["[2.", "2.]"]


def test_config_is_the_object_however_it_is_imported(python):
    code = """
import catenary.serializers
from catenary import config
import catenary.config
print(config.train, catenary.config is config)
"""
    assert python(code).stdout.split() == ["True", "True"]


def test_a_mistyped_name_gets_the_nearest():
    with pytest.raises(AttributeError, match=r"no attribute 'Varaible'\. Did you mean 'Variable'"):
        catenary.Varaible
    with pytest.raises(AttributeError, match=r"no attribute 'zzzz'\.$"):
        catenary.zzzz
    with pytest.raises(ImportError, match="ChainLst"):
        from catenary import ChainLst  # noqa: F401


def test_dir_lists_what_is_not_loaded_yet(python):
    code = """
import catenary
print(set(catenary.__all__) <= set(dir(catenary)), "Link" in vars(catenary))
"""
    assert python(code).stdout.split() == ["True", "False"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_runs_torch_on_one_thread(python):
    """With more threads its first large sum would wait for some that it does not have."""
    code = """
import os, sys, torch, catenary
torch.set_num_threads(2)
big = torch.ones(1_000_000)
big.mul_(2).sum()
child = os.fork()
if child == 0:
    big.mul_(2).sum()
    os._exit(torch.get_num_threads())
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), torch.get_num_threads())
"""
    # Python 3.12 warns of forking beside threads, which is what this test is about.
    assert python(code, options=("-W", "ignore::DeprecationWarning")).stdout.split() == ["1", "2"]
