"""Schedules: passes cut at reductions, scalars by stage, one schedule for equal formulas."""

from __future__ import annotations

import math

import pytest

from catenary.errors import ProgramError
from catenary.expr import Formula, Program
from catenary.expr.node import const, hyper, node, norm, tensor
from catenary.kernel import schedule
from tests.kernel.tables import A, B, G, P, V


def mul(x, y):
    return node("mul", x, y)


def test_equal_formulas_share_one_schedule():
    def make():
        return Formula((("p", node("sub", tensor("p"), mul(hyper("a"), tensor("g")))),))

    assert make() is not make()
    assert schedule(make()) is schedule(make())
    assert schedule(make()) is not schedule(Formula((("p", mul(P, G)),)))


def test_without_reductions_there_is_one_pass():
    found = schedule(Formula((("p", mul(A, G)), ("v", V))))
    assert found.reducing == ()
    assert found.updating.inputs == ("g", "v")
    assert [name for name, _ in found.updating.outputs] == ["p", "v"]
    assert found.updating.reductions == ()


def test_passes_of_nested_norms():
    size = norm(G, "tensor")
    again = norm(node("sub", V, mul(size, G)), "tensor")
    found = schedule(Formula((("p", mul(P, mul(again, norm(P, "tensor")))),)))
    first, second = found.reducing
    assert [r.source for r in first.reductions] == [size, norm(P, "tensor")]
    assert [r.source for r in second.reductions] == [again]
    assert first.outputs == second.outputs == ()
    assert set(first.inputs) == {"g", "p"}
    assert set(second.inputs) == {"v", "g"}
    assert found.updating.inputs == ("p",)


def test_every_order_computes_arguments_first():
    found = schedule(Formula((("p", mul(mul(P, G), mul(P, G))), ("v", mul(P, G)))))
    for sweep in (*found.reducing, found.updating):
        for i, at in enumerate(sweep.order):
            assert all(arg in sweep.order[:i] for arg in at.args)
        assert len(set(sweep.order)) == len(sweep.order)


def test_scalars_by_stage():
    size = norm(G, "tensor")
    formula = Formula(
        (("p", node("add", mul(node("sub", const(1), A), P), mul(node("div", B, size), G))),)
    )
    found = schedule(formula)
    assert found.scalars(0, {"a": 0.25, "b": 3.0}, {}) == [0.75]
    assert found.scalars(1, {"a": 0.25, "b": 3.0}, {"‖0‖": 6.0}) == [0.5]


def test_scalars_are_float64_and_never_raise():
    found = schedule(Formula((("p", mul(node("div", A, B), P)),)))
    assert found.scalars(0, {"a": 1.0, "b": 3.0}, {}) == [1 / 3]
    assert found.scalars(0, {"a": 1.0, "b": 0.0}, {}) == [math.inf]
    assert math.isnan(found.scalars(0, {"a": 0.0, "b": 0.0}, {})[0])


def test_a_missing_value_is_a_key_error():
    with pytest.raises(KeyError, match="b"):
        schedule(Formula((("p", mul(node("div", A, B), P)),))).scalars(0, {"a": 1.0}, {})


def test_programs_are_checked(monkeypatch):
    def wrong(formula):
        return Program((), formula.outputs, (), (), ())

    # The package's function `schedule` hides its module of the same name.
    monkeypatch.setitem(schedule.__wrapped__.__globals__, "hoist", wrong)
    with pytest.raises(ProgramError, match="hoisted"):
        schedule(Formula((("p", mul(P, hyper("never asked for before"))),)))
