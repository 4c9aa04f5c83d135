"""Tracing: Python's operators become nodes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from catenary.expr import (
    Scope,
    absolute,
    exp,
    log,
    maximum,
    minimum,
    norm,
    sign,
    sqrt,
    tanh,
    trace,
    where,
)
from catenary.expr.node import const, hyper, node, tensor
from catenary.expr.node import norm as norm_node

P, G, LR = tensor("p"), tensor("g"), hyper("lr")
SCOPE = Scope(frozenset({"lr"}), {"flag": True, "off": False})


def traced(function, results=1):
    found = trace(function, {"p": P, "g": G}, SCOPE, results)
    return found[0] if results == 1 else found


OPERATORS = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "pow": lambda x, y: x**y,
    "lt": lambda x, y: x < y,
    "le": lambda x, y: x <= y,
    "eq": lambda x, y: x == y,
    "ne": lambda x, y: x != y,
}


@pytest.mark.parametrize("op", OPERATORS)
def test_operators_on_two_traced_values(op):
    apply = OPERATORS[op]
    assert _number(traced(lambda p, g, h: _one(apply(p, g)))) is node(op, P, G)
    assert _number(traced(lambda p, g, h: _one(apply(p, h.lr)))) is node(op, P, LR)
    assert _number(traced(lambda p, g, h: _one(apply(h.lr, p)))) is node(op, LR, P)


@pytest.mark.parametrize("number", [3, 3.0, True, np.float64(3.0), np.float32(0.5), np.array(2.0),
                                    torch.tensor(2.0)], ids=repr)  # fmt: skip
@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "lt", "le", "eq", "ne"])
def test_operators_with_a_number_on_the_right(op, number):
    found = traced(lambda p, g, h: _one(OPERATORS[op](p, number)))
    assert _number(found) is node(op, P, const(float(number)))


@pytest.mark.parametrize("number", [3, 3.0, -0.0])
@pytest.mark.parametrize("op", ["add", "sub", "mul", "div", "pow"])
def test_operators_with_a_number_on_the_left(op, number):
    assert traced(lambda p, g, h: OPERATORS[op](number, p)) is node(op, const(number), P)


@pytest.mark.parametrize(("op", "mirror"), [("lt", "gt"), ("le", "ge"), ("eq", "eq"), ("ne", "ne")])
def test_comparisons_with_a_number_on_the_left(op, mirror):
    found = _number(traced(lambda p, g, h: _one(OPERATORS[op](1.0, p))))
    # Python turns 1 < p into p > 1, which is spelled lt(1, p) again; == and != are symmetric.
    wanted = node(op, P, const(1)) if op in ("eq", "ne") else node(op, const(1), P)
    assert found is wanted


def test_greater_is_less_mirrored():
    assert _number(traced(lambda p, g, h: _one(p > g))) is node("lt", G, P)
    assert _number(traced(lambda p, g, h: _one(p >= g))) is node("le", G, P)


def _one(value):
    """Conditions are no results, so tests wrap them."""
    return where(value, 1.0, 0.0) if value.node.is_condition else value


def _number(found):
    return found.args[0] if found.op == "where" else found


def test_unary_and_functions():
    assert traced(lambda p, g, h: -p) is node("neg", P)
    assert traced(lambda p, g, h: +p) is P
    assert traced(lambda p, g, h: abs(p)) is node("abs", P)
    assert traced(lambda p, g, h: absolute(p)) is node("abs", P)
    for function in (sqrt, exp, log, tanh, sign):
        assert traced(lambda p, g, h, f=function: f(p)) is node(function.__name__, P)
    for function in (minimum, maximum):
        assert traced(lambda p, g, h, f=function: f(p, 2)) is node(function.__name__, P, const(2))
        assert traced(lambda p, g, h, f=function: f(2, p)) is node(function.__name__, const(2), P)
    assert traced(lambda p, g, h: norm(p)) is norm_node(P, "tensor")
    assert traced(lambda p, g, h: norm(g * p, over="model")) is norm_node(
        node("mul", G, P), "model"
    )


def test_conditions():
    found = traced(lambda p, g, h: where((p < g) & ~(p == 0) | (g != p), p, 0.0))
    less, zero, other = node("lt", P, G), node("eq", P, const(0)), node("ne", G, P)
    both = node("and", less, node("not", zero))
    assert found is node("where", node("or", both, other), P, const(0))


def test_squares_are_products_and_other_powers_are_powers():
    assert traced(lambda p, g, h: p**2) is node("mul", P, P)
    assert traced(lambda p, g, h: p**2.0) is node("mul", P, P)
    assert traced(lambda p, g, h: p**3) is node("pow", P, const(3))
    assert traced(lambda p, g, h: p * h.lr**2) is node("mul", P, node("pow", LR, const(2)))


def test_an_element_to_the_power_of_a_hyperparameter():
    assert traced(lambda p, g, h: p**h.lr) is node("pow", P, LR)
    assert traced(lambda p, g, h: p**g) is node("pow", P, G)


def test_flags_are_python_values():
    assert traced(lambda p, g, h: p if h.flag else g) is P
    assert traced(lambda p, g, h: p if h.off else g) is G


def test_prefixes():
    scope = Scope(frozenset({"lr"}), {"flag": 1}, "rule.")
    (found,) = trace(lambda p, h: p * h.lr, {"p": P}, scope, 1)
    assert found is node("mul", P, hyper("rule.lr"))


def test_absent_tensors_and_results():
    found = trace(lambda p, v, h: (p, v), {"p": P, "v": None}, SCOPE, 2)
    assert found == (P, None)


def test_numbers_as_results():
    assert traced(lambda p, g, h: 1) is const(1)
    assert traced(lambda p, g, h: h.lr) is LR


@pytest.mark.parametrize("two", [np.float64(2), np.float32(2), np.int64(2)])
def test_a_numpy_number_on_either_side(two):
    assert traced(lambda p, g, h: two * p) is node("mul", const(2), P)
    assert traced(lambda p, g, h: two / p) is node("div", const(2), P)
    assert traced(lambda p, g, h: p - two) is node("sub", P, const(2))
