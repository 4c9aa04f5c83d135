"""Nodes: frozen, interned, and aware of how often they vary."""

from __future__ import annotations

import gc
import math
import threading

import pytest
from hypothesis import given

from catenary.expr import node as nodes
from catenary.expr.node import const, hyper, node, norm, scalar, tensor, walk
from tests.expr.formulas import numbers

P, G, LR = tensor("p"), tensor("g"), hyper("lr")


def test_equal_formulas_are_one_object():
    assert node("add", P, node("mul", LR, G)) is node(
        "add", tensor("p"), node("mul", hyper("lr"), G)
    )
    assert node("add", P, G) is not node("add", G, P)
    assert node("add", P, G) is not node("sub", P, G)
    assert tensor("x") is not hyper("x")
    assert hyper("x") is not scalar("x")
    assert norm(G, "tensor") is norm(G, "tensor")
    assert norm(G, "tensor") is not norm(G, "model")


def test_constants_are_told_apart_by_their_bits():
    assert const(0) is const(0.0)
    assert const(0.0) is not const(-0.0)
    assert const(1) is const(True)
    assert const(float("nan")) is const(-float("nan"))
    assert const(math.inf) is not const(-math.inf)
    assert const(0.1) is not const(math.nextafter(0.1, 1))
    assert node("mul", P, const(0.0)) is not node("mul", P, const(-0.0))


@pytest.mark.parametrize("name", ["op", "args", "value", "varies", "new"])
def test_frozen(name):
    at = node("add", P, G)
    with pytest.raises(AttributeError, match=name):
        setattr(at, name, None)
    assert at.op == "add"
    assert at.args == (P, G)


def test_unused_nodes_are_forgotten():
    gc.collect()
    before = len(nodes._interned)
    at = node("mul", P, const(0.7182818))
    assert len(nodes._interned) == before + 2
    del at
    gc.collect()
    assert len(nodes._interned) == before


def test_threads_agree():
    found: list[object] = []
    gate = threading.Barrier(8)

    def make():
        gate.wait()
        found.append([node("add", P, const(float(i))) for i in range(200)])

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(a is b for other in found[1:] for a, b in zip(found[0], other, strict=True))


def test_varies():
    assert const(1).varies == "never"
    assert LR.varies == "step"
    assert norm(G, "tensor").varies == "tensor"
    assert scalar("s0").varies == "tensor"
    assert P.varies == "element"
    assert node("add", const(1), const(2)).varies == "never"
    assert node("add", const(1), LR).varies == "step"
    assert node("mul", LR, norm(G, "model")).varies == "tensor"
    assert node("mul", norm(G, "model"), P).varies == "element"


def test_conditions():
    less = node("lt", P, G)
    assert less.is_condition
    assert node("not", less).is_condition
    assert node("where", less, less, less).is_condition
    assert not node("where", less, P, G).is_condition
    assert not P.is_condition


def test_repr_shows_the_whole_formula():
    assert repr(node("sub", P, node("mul", LR, const(2)))) == (
        "sub(tensor('p'), mul(hyper('lr'), const(2.0)))"
    )
    assert repr(norm(G, "model")) == "norm('model', tensor('g'))"


@given(numbers(norms=True))
def test_walk_yields_each_node_once_and_arguments_first(root):
    order = list(walk([root, root]))
    assert order[-1] is root
    assert len(set(map(id, order))) == len(order)
    for i, at in enumerate(order):
        assert all(any(arg is earlier for earlier in order[:i]) for arg in at.args)


def test_walk_is_not_recursive():
    at = P
    for _ in range(5000):
        at = node("neg", at)
    assert sum(1 for _ in walk([at])) == 5001
