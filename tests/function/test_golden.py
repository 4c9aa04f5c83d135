"""User-written functions against the original: see `tests/golden/function_node_cases.py`."""

from __future__ import annotations

import json
import math
import types
from pathlib import Path

import pytest

import catenary.functions
from catenary.config import using_config
from catenary.function import Function
from catenary.function_hook import FunctionHook
from catenary.function_node import FunctionNode, backward, grad
from catenary.utils import type_check
from catenary.variable import Variable
from tests.golden.function_node_cases import CASES

GOLDEN = json.loads(
    (Path(__file__).parents[1] / "golden" / "function_nodes.json").read_text(encoding="utf-8")
)
LIB = types.SimpleNamespace(
    Function=Function,
    FunctionHook=FunctionHook,
    FunctionNode=FunctionNode,
    Variable=Variable,
    backward=backward,
    functions=catenary.functions,
    grad=grad,
    type_check=type_check,
    using_config=using_config,
)


def same(ours, theirs):
    if isinstance(theirs, list):
        return (
            isinstance(ours, list)
            and len(ours) == len(theirs)
            and all(same(a, b) for a, b in zip(ours, theirs, strict=True))
        )
    if isinstance(theirs, float):
        return isinstance(ours, float) and math.isclose(ours, theirs, rel_tol=1e-12, abs_tol=1e-15)
    return ours == theirs


def test_every_case_is_recorded():
    assert list(GOLDEN) == list(CASES)


@pytest.mark.parametrize("name", CASES)
def test_behaves_as_the_original(name):
    ours = json.loads(json.dumps(CASES[name](LIB)))
    assert same(ours, GOLDEN[name]), f"{ours}\n{GOLDEN[name]}"
