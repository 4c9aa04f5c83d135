"""The arrows between the rooms of the house, read from every import in `src/catenary` and proved.

DESIGN: "An arrow means 'may import'; nothing else is allowed." `ARROWS` is that drawing as data.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

SRC = Path(__file__).parents[1] / "src"
FRONT_DOOR = ""

# Modules that share a room with another name.
ROOM_OF = {
    "backends": "backend",
    "datasets": "dataset",
    "device_resident": "link",
    "distribution": "distributions",
    "function_hook": "function",
    "function_hooks": "function",
    "function_node": "function",
    "gradient": "gradient_check",
    "link_hook": "link",
    "initializer": "initializers",
    "sequential": "link",
}
GROUND = {"errors", "config", "changes"}  # everyone may call them

# room: the rooms that it may import, beside the ground
ARROWS = {
    "errors": "",
    "config": "",
    "changes": "",
    # the optimization wing
    "expr": "",
    "kernel": "expr",
    "optimizer": "kernel expr backend",  # views of states
    "optimizers": "optimizer expr",
    "optimizer_hooks": "optimizer expr",
    "optim": "optimizer expr backend",
    # the model wing
    "utils": "variable",
    "backend": "",
    "initializers": "backend",
    "variable": "backend initializers",
    "function": "variable backend utils",
    "functions": "function variable backend utils",
    "distributions": "functions variable backend",
    "gradient_check": "function functions variable backend",
    "testing": "gradient_check function functions link links variable backend initializers utils"
    " serializer serializers training",
    "link": "variable initializers backend serializer",
    "links": "link functions function variable initializers backend reporter utils serializers"
    " dataset",
    "link_hooks": "link links functions variable backend",
    # on top
    "serializer": "",
    "serializers": "serializer",
    "dataset": "backend",
    "iterators": "dataset",
    "exporters": "function links variable serializers",
    "reporter": "variable backend serializer",
    "computational_graph": "function variable",
    "training": "optimizer link dataset iterators serializers serializer reporter variable backend"
    " computational_graph",
    "bridge": "optimizer variable",
    "graph_optimizations": "",
    "runtime": "kernel",  # _runtime_info
    "types": "",
    "standin": "",
    "as_chainer": "standin",
    "legacy": "standin",
    "cli": "standin legacy",
    "demo": "",
    FRONT_DOOR: "cli",  # `__main__`
}
# rooms that use the house as its users do, through the front door
GUESTS = {"as_chainer", "cli", "demo", "legacy", "standin"}
# room: what it may import under TYPE_CHECKING as well, which binds nothing at run time
TYPE_ARROWS = {FRONT_DOOR: " ".join(room for room in ARROWS if room not in {"", *GUESTS})}
# room: what it looks up by name when a user asks for it, so that no import runs against an arrow
LATE_ARROWS = {
    FRONT_DOOR: "functions",  # whoever asks for a Variable gets one with operators
    "optimizer": "optimizer_hooks",  # names that Chainer once kept here
}

# room: the packages outside the standard library that it may import; rooms not listed may use
# numpy and torch
MOST_ROOMS = "numpy torch"
OUTSIDE = {
    "errors": "",
    "changes": "",
    "config": "numpy",
    "expr": "",
    "kernel": "numpy torch llvmlite triton",
    "optimizer": "numpy torch typing_extensions",  # Python 3.10 has no `dataclass_transform`
    "optimizers": "",
    "optimizer_hooks": "numpy",
    "backend": "numpy torch cupy",
    "types": "numpy",
    "serializer": "",
    "serializers": "numpy h5py safetensors",
    "links": "numpy torch PIL google",  # vision models take pictures; Caffe's files are protobuf's
    "dataset": "numpy torch filelock PIL scipy",  # locks; images and SVHN where installed
    "iterators": "numpy",
    "testing": "numpy torch pytest packaging",  # what tests of programs are written with
    "training": "numpy torch matplotlib",
    "as_chainer": "",
    "standin": "numpy",
    "legacy": "numpy",
    "cli": "numpy torch h5py safetensors",
    "demo": "numpy matplotlib rich",
    FRONT_DOOR: "",
}


class Import(NamedTuple):
    """One imported name: `module` is dotted and absolute."""

    file: str
    line: int
    module: str
    for_types: bool
    late: bool


def imports_of(path: Path, src: Path) -> Iterator[Import]:
    """Every import of a file, at any depth; relative ones resolved, `import_module` read too."""
    package = ".".join(path.relative_to(src).parent.parts)
    where = path.relative_to(src).as_posix()
    todo: list[tuple[ast.AST, bool]] = [(ast.parse(path.read_text(encoding="utf-8")), False)]
    while todo:
        node, for_types = todo.pop()
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            todo += [(child, True) for child in node.body]
            todo += [(child, for_types) for child in node.orelse]
            continue
        todo += [(child, for_types) for child in ast.iter_child_nodes(node)]
        for module in _modules(node, package):
            yield Import(where, node.lineno, module, for_types, isinstance(node, ast.Call))


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING"}


def _modules(node: ast.AST, package: str) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        base = ".".join([*above, *([node.module] if node.module else [])])
        yield from (f"{base}.{alias.name}" for alias in node.names)
    elif isinstance(node, ast.Call):
        called = ast.unparse(node.func).rpartition(".")[2]
        if called in {"import_module", "__import__"} and node.args:
            name = node.args[0]
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value


def room_of(module: str, rooms: set[str]) -> str:
    """`catenary.a.b` lies in room `a`; what the front door re-exports lies in the front door."""
    room = room_named([*module.split("."), ""][1])
    return room if room in rooms else FRONT_DOOR


def room_named(name: str) -> str:
    """`_variable_graph` is a part of `variable`."""
    name = name[1:].partition("_")[0] if name.startswith("_") else name
    return ROOM_OF.get(name, name)


def violations(src: Path) -> Iterator[str]:
    """A sentence for every import under `src/catenary` that no arrow allows."""
    house = src / "catenary"
    names = {entry.stem for entry in house.iterdir() if not entry.name.startswith("__")}
    rooms = {room_named(name) for name in names}
    for path in sorted(house.rglob("*.py")):
        parts = path.relative_to(src).with_suffix("").parts
        here = room_of(".".join(parts), rooms) if parts[1:] != ("__init__",) else FRONT_DOOR
        if here not in ARROWS:
            yield f"{path.relative_to(src)}: room {here!r} is not in the table"
            continue
        for found in imports_of(path, src):
            complaint = _complaint(here, found, rooms)
            if complaint:
                yield f"{found.file}:{found.line}: {complaint}"


def _complaint(here: str, found: Import, rooms: set[str]) -> str | None:
    top = found.module.partition(".")[0]
    if top == "catenary":
        there = room_of(found.module, rooms)
        allowed = {here, *GROUND, *ARROWS[here].split()}
        if found.for_types:
            allowed |= set(TYPE_ARROWS.get(here, "").split())
        if found.late:
            allowed |= set(LATE_ARROWS.get(here, "").split())
        if there == FRONT_DOOR and here not in {FRONT_DOOR, *GUESTS}:
            return f"{here} imports {found.module}: a room names rooms, never the front door"
        if here in GUESTS or there in allowed:
            return None
        return f"{here} imports {found.module}: there is no arrow {here} -> {there}"
    outside = OUTSIDE.get(here, MOST_ROOMS).split()
    if top in sys.stdlib_module_names or top in outside:
        return None
    return f"{here} imports {top}: it may use {', '.join(outside) or 'the standard library only'}"


def test_every_import_follows_an_arrow():
    assert list(violations(SRC)) == []


def test_the_arrows_draw_no_circle():
    graph = {room: set(targets.split()) for room, targets in ARROWS.items()}
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert set(order) <= set(ARROWS), "an arrow points at a room that the table does not have"


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("optimizer/plan.py", "from catenary.variable import Variable", "optimizer -> variable"),
        ("optimizer/plan.py", "def f():\n    import catenary.link", "optimizer -> link"),
        ("optimizer/plan.py", "from ..link import Link", "optimizer -> link"),
        ("optimizer/plan.py", "from .. import link", "optimizer -> link"),
        ("optimizer/plan.py", "from catenary import link", "optimizer -> link"),
        ("optimizer/plan.py", "from catenary import Variable", "never the front door"),
        ("optimizer/plan.py", "import catenary", "never the front door"),
        ("optimizer/plan.py", "import_module('catenary.link')", "optimizer -> link"),
        ("optimizer/plan.py", "if TYPE_CHECKING:\n    import catenary.link", "optimizer -> link"),
        ("optimizer/plan.py", "import catenary.optimizer_hooks", "optimizer -> optimizer_hooks"),
        ("variable.py", "from catenary.functions.math import add", "variable -> functions"),
        ("expr/node.py", "import numpy as np", "the standard library only"),
        ("serializers/npz.py", "class A:\n    import torch", "it may use numpy, h5py"),
        ("__init__.py", "from catenary.link import Link", "-> link"),
        ("newroom/a.py", "import os", "'newroom' is not in the table"),
    ],
)
def test_a_forbidden_import_is_found(tmp_path, file, text, complaint):
    build(tmp_path, {file: text})
    (found,) = violations(tmp_path)
    assert complaint in found
    assert found.startswith(f"catenary/{file}")


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("optimizer/plan.py", "from catenary.kernel import run\nfrom catenary.errors import E"),
        ("optimizer/plan.py", "from .target import Target\nfrom . import target\nimport os.path"),
        ("optimizer/plan.py", "from ..kernel import run\nfrom .. import changes, errors"),
        ("backend.py", "from catenary.backends import cuda\nimport torch, numpy"),
        ("_variable_graph.py", "import catenary.variable, catenary.backends.cuda"),
        ("optimizer/plan.py", "importlib.import_module('catenary.optimizer_hooks')"),
        ("__init__.py", "if TYPE_CHECKING:\n    from catenary.link import Link"),
        ("demo/train.py", "import catenary\nfrom catenary import Variable, links"),
    ],
)
def test_a_permitted_import_passes(tmp_path, file, text):
    build(tmp_path, {file: text})
    assert list(violations(tmp_path)) == []


def build(src: Path, files: dict[str, str]) -> None:
    """A house with a few rooms, and the given files in it."""
    rooms = ["errors.py", "changes.py", "variable.py", "link.py", "backends/cuda.py"]
    rooms += ["kernel/run.py", "functions/math.py", "optimizer_hooks/lasso.py"]
    for name, text in (dict.fromkeys(rooms, "") | files).items():
        path = src / "catenary" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
