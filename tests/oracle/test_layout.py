"""Where the original keeps a name, the stand-in has it too."""

from __future__ import annotations

import json

import pytest

# What we have under a public name and do not find where the original also defines it.
ELSEWHERE = {
    # FunctionNode classes and helpers that share a name with one of our links or functions
    "chainer.functions.activation.log_softmax": {"logsumexp"},
    "chainer.functions.rnn.n_step_gru": {"NStepBiGRU", "NStepGRU"},
    "chainer.functions.rnn.n_step_lstm": {"NStepBiLSTM", "NStepLSTM"},
    "chainer.functions.rnn.n_step_rnn": {
        "NStepBiRNNReLU",
        "NStepBiRNNTanh",
        "NStepRNNReLU",
        "NStepRNNTanh",
    },
}
THERE = """
import ast, json, pathlib
root = pathlib.Path(chainer.__file__).parent
modules = {}
for path in sorted(root.rglob("*.py")):
    name = ".".join(("chainer", *path.relative_to(root).with_suffix("").parts))
    name = name[: -len(".__init__")] if name.endswith(".__init__") else name
    if "._" not in name:
        modules[name] = [
            node.name for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and node.name[0] != "_"
        ]
outputs["modules"] = json.dumps(modules)
"""
HERE = """
import importlib, json, pathlib, sys, warnings
import catenary, catenary.as_chainer
warnings.simplefilter("ignore", DeprecationWarning)  # some names are deprecated there and here
ours = set(catenary.__all__)
for room in {*catenary._ROOMS, "backends.cuda"} - {"errors", "expr"}:  # the original has no such
    module = importlib.import_module("catenary." + room)
    ours.update(getattr(module, "__all__", ()))
lacking = {}
for path, names in json.loads(pathlib.Path(sys.argv[1]).read_text()).items():
    shared = sorted(ours.intersection(names))
    try:
        module = importlib.import_module(path) if shared else None
    except ImportError:
        module = None
    names = [name for name in shared if not hasattr(module, name)]
    if names:
        lacking[path] = names
print(json.dumps(lacking))
"""


@pytest.mark.oracle
def test_every_name_that_we_have_is_found_where_the_original_defines_it(oracle, python):
    modules = json.loads(str(oracle(THERE)["modules"]))
    assert "relu" in modules["chainer.functions.activation.relu"]
    path = oracle.folder / "modules.json"
    path.write_text(json.dumps(modules), encoding="utf-8")
    lacking = json.loads(python(HERE, str(path)).stdout)
    assert {module: set(names) for module, names in lacking.items()} == ELSEWHERE
