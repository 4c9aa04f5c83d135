"""The reference has every public name; leaving one out stops the build."""

from __future__ import annotations

import importlib
import pkgutil
import sys
import zlib
from pathlib import Path

import griffe
import pytest
from mkdocs.exceptions import PluginError

import catenary

TOOLS = Path(__file__).parents[2] / "tools"
sys.path.insert(0, str(TOOLS))
reference = importlib.import_module("reference")
sys.path.pop(0)


@pytest.fixture
def house(tmp_path):
    """Write a package `house` and read it."""

    def build(files):
        for name, text in {"__init__.py": "", **files}.items():
            path = tmp_path / "house" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return reference.load(tmp_path, "house")

    return build


ROOM = {
    "room/__init__.py": "from house.room.a import f\nfrom os import path\n__all__ = ['f', 'path']",
    "room/a.py": "__all__ = ['A', 'f']\ndef f():\n    'F.'\nclass A:\n    'A.'\ndef g():\n    'G.'",
    "room/_b.py": "__all__ = ['b']\nb = 1",
    "errors.py": "import os\nclass E(Exception):\n    'E.'\ndef _p(): pass",
    "demo/__init__.py": "__all__ = ['d']\nd = 1",
    "_private.py": "__all__ = ['p']\np = 1",
}


def paths(found):
    return {room: [entry.path for entry in entries] for room, entries in found.items()}


def test_each_object_stands_once_under_its_shortest_path(house):
    found = reference.rooms(house(ROOM))
    assert paths(found) == {
        "errors": ["house.errors.E"],
        "room": ["house.room.f", "house.room.a.A"],
    }


def test_a_page_asks_for_the_room_and_each_name(house):
    tree = house(ROOM)
    text = reference.page(tree["room"], reference.rooms(tree)["room"])
    asked = [line for line in text.splitlines() if line.startswith(":::")]
    assert asked == ["::: house.room", "::: house.room.f", "::: house.room.a.A"]


@pytest.mark.parametrize("text", ["def f(): pass", "class f: pass"])
def test_a_name_without_docstring_stops_the_build(house, text):
    found = reference.rooms(house({"room.py": f"__all__ = ['f']\n{text}"}))
    with pytest.raises(PluginError, match=r"without a docstring:\n  house\.room\.f$"):
        reference.check_docstrings(found)


@pytest.mark.parametrize(
    "text",
    ["def f():\n    'F.'", "class B:\n    'B.'\nclass f(B): pass", "f = 1"],
)
def test_an_inherited_docstring_or_a_value_will_do(house, text):
    reference.check_docstrings(reference.rooms(house({"room.py": f"__all__ = ['f']\n{text}"})))


def test_a_name_that_the_module_lacks_stops_the_build(house):
    with pytest.raises(PluginError, match="'ghost', which the module lacks"):
        reference.rooms(house({"room.py": "__all__ = ['ghost']"}))


def inventory(*names):
    lines = "".join(f"{name} py:function 1 page/#$ -\n" for name in names)
    return b"# 1\n# 2\n# 3\n# 4\n" + zlib.compress(lines.encode())


def test_a_name_left_out_of_the_site_stops_the_build(house):
    found = reference.rooms(house(ROOM))
    everything = ["house.errors.E", "house.room.f", "house.room.a.A"]
    reference.check_inventory(found, inventory(*everything))
    with pytest.raises(PluginError, match=r"missing from the docs:\n  house\.room\.a\.A$"):
        reference.check_inventory(found, inventory(*everything[:2]))


EXAMPLE = '''
def f():
    """F.

    Example:
        >>> 1
        1
    """
'''


def test_an_example_becomes_code(tmp_path):
    (tmp_path / "house.py").write_text(EXAMPLE)
    extensions = griffe.load_extensions(TOOLS / "docstrings.py")
    tree = griffe.load("house", search_paths=[tmp_path], extensions=extensions)
    kinds = [section.kind.value for section in tree["f"].docstring.parse("google")]
    assert kinds == ["text", "examples"]


def test_the_reference_knows_every_room_of_the_package():
    """Asked of the import system, not of the sources, so that neither can forget a room."""
    modules = {module.name for module in pkgutil.iter_modules(catenary.__path__)}
    public = {name for name in modules if not name.startswith("_")} - reference.NO_REFERENCE
    found = reference.rooms(reference.load())
    assert set(found) == public
    assert "catenary.optimizers.MomentumSGD" in paths(found)["optimizers"]
    assert "catenary.optimizers.momentum_sgd.MomentumSGDRule" in paths(found)["optimizers"]
