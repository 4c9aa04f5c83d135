"""Expressions over types: their texts, values and errors are Chainer's."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest

from catenary import FunctionNode
from catenary.utils import type_check

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "type_check.json"
CASES = json.loads(GOLDEN.read_text())
NAMES = {
    "type_check": type_check,
    "x": type_check.Variable(3, "x"),
    "y": type_check.Variable(4, "y"),
    "s": type_check.Variable((1, 2, 3), "s"),
}


@pytest.mark.parametrize("text", CASES)
def test_an_expression_prints_and_computes_as_chainers(text):
    made = eval(text, NAMES)
    kind, shown, value, said = CASES[text]
    if " ** x" in text or " ** 2" in text:  # Chainer 7.8.1 computes a remainder there
        value = repr(eval(text, {"x": 3}))
    assert [type(made).__name__, str(made), repr(made.eval())] == [kind, shown, value]
    assert isinstance(made, type_check.Testable) == (said is not None)
    if said == "holds":
        type_check.expect(made)
    elif said is not None:
        with pytest.raises(type_check.InvalidType) as caught:
            type_check.expect(made)
        assert [caught.value.expect, caught.value.actual] == said


def test_tuples_and_lists_may_hold_expressions():
    x, s = NAMES["x"], NAMES["s"]
    type_check.expect(s == (1, s[0] + 1, x), s[:2] == (s[0], 2))
    with pytest.raises(type_check.InvalidType) as caught:
        type_check.expect(s == (s[1] + 1, x))
    assert [caught.value.expect, caught.value.actual] == [
        "s == (s[1] + 1, x)",
        "(1, 2, 3) != (3, 3)",
    ]
    assert (type_check.Constant([[1]]) == [[s[0]]]).eval()
    assert str(type_check.Constant([1]) == [s[0]]) == "[1] == [s[0]]"
    assert str(s == (x,)) == "s == (x,)"


def test_a_product_of_numbers_is_an_expression():
    assert type_check.prod([2, 3]).eval() == 6
    shape = type_check.prod((NAMES["x"], 2))
    assert (str(shape), shape.eval()) == ("prod((x, 2))", 6)


def test_a_text_key_is_quoted():
    assert str(type_check.Variable({"a": 1}, "y")["a"]) == "y['a']"


def test_an_expression_is_computed_when_it_is_asked_for():
    x = type_check.Variable(3, "x")
    twice = x * 2
    x.value = 5
    assert twice.eval() == 10


def test_an_expression_has_no_truth_value():
    with pytest.raises(RuntimeError, match="x < 2"):
        bool(type_check.Variable(1, "x") < 2)
    with pytest.raises(NotImplementedError):
        type_check.Expr(3).eval()
    with pytest.raises(NotImplementedError):
        type_check.Testable().expect()


def test_what_binds_less_stands_in_brackets_before_an_attribute():
    x, y = type_check.Variable(1, "x"), type_check.Variable(2, "y")
    assert str((x + y).real) == "(x + y).real"
    assert str(x[0, ..., 1:]) == "x[0, ..., 1:]"


def test_light_mode_gives_plain_values():
    types = type_check.get_light_types((np.zeros((2, 3), "f"),))
    assert isinstance(types, type_check.LightTypeInfoTuple)
    assert (types.size(), types[0].shape, types[0].ndim) == (1, (2, 3), 2)
    with type_check.light_mode:
        with type_check.LightMode():
            assert type_check.make_variable(3, "x") == 3
        assert type_check.in_light_mode()
    assert not type_check.in_light_mode()
    assert str(type_check.make_variable(3, "x")) == "x"


class Picky(FunctionNode):
    modes: list = []  # noqa: RUF012

    def check_type_forward(self, in_types):
        self.modes.append(type_check.in_light_mode())
        type_check.expect(in_types.size() == 1, in_types[0].shape[0] * 2 == 6)

    def forward(self, inputs):
        return inputs


def test_a_check_runs_lightly_first_and_in_words_where_that_fails():
    Picky.modes.clear()
    Picky().apply((np.zeros(3, "f"),))
    assert Picky.modes == [True]
    with pytest.raises(type_check.InvalidType, match=r"in_types\[0\].shape\[0\] \* 2 == 6"):
        Picky().apply((np.zeros(4, "f"),))
    assert Picky.modes == [True, True, False]
    assert not type_check.in_light_mode()
