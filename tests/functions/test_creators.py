"""What made a Variable has Chainer's class and label, and tells its arguments as Chainer's does."""

from __future__ import annotations

import importlib
import json
import pathlib

import numpy as np
import pytest

import catenary
from tests.golden.function_attribute_cases import names

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "function_attributes.json"
CALLS = json.loads(GOLDEN.read_text())


@pytest.fixture(scope="module")
def known():
    return names(catenary)


@pytest.mark.parametrize("text", CALLS)
def test_a_creator_is_what_chainers_is(text, known):
    place, name, label, told = CALLS[text]
    np.random.seed(0)
    node = eval(text, known).creator_node
    assert (type(node).__name__, node.label) == (name, label)
    home = importlib.import_module(place.replace("chainer", "catenary"))
    assert getattr(home, name, type(node)) is type(node)
    found = {word: repr(getattr(node, word, "is not there")) for word in told}
    assert found == told
