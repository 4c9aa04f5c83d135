"""Hoisting: what leaves the kernel's body, in which stage, and that no rounding changes."""

from __future__ import annotations

import math

from hypothesis import given, settings

from catenary.expr import Formula, check_formula, check_program, evaluate, hoist
from catenary.expr.node import const, hyper, node, norm, scalar, tensor, walk
from catenary.expr.ops import OPS
from tests.expr.formulas import environments, numbers
from tests.strategies import same_bits

P, G, V = map(tensor, "pgv")
A, B, T = map(hyper, "abt")


def add(x, y):
    return node("add", x, y)


def mul(x, y):
    return node("mul", x, y)


def program_of(*values, shared=()):
    outputs = tuple(zip("pgv", values, strict=False))
    return check_program(hoist(check_formula(Formula(outputs, shared))))


def meaning(root, values):
    """The formula itself, over tensors of one element: there ‖x‖ is √x²."""
    known = {}
    for at in walk([root]):
        args = [known[arg] for arg in at.args]
        if at.op == "norm":
            known[at] = OPS["sqrt"].meaning(args[0] * args[0])
        elif at.op == "const":
            known[at] = at.value
        else:
            known[at] = OPS[at.op].meaning(*args) if args else values[at.value]
    return known[root]


def run(program, values):
    """Execute a program over tensors of one element in the order of its stages."""
    hosts, scalars = dict(values), {}
    for stage in range(program.stages + 1):
        for reduction in program.reductions:
            if reduction.stage == stage:
                x = evaluate(reduction.arg, {**values, **scalars})
                hosts[reduction.name] = OPS["sqrt"].meaning(x * x)
        for s in program.scalars:
            if s.stage == stage:
                scalars[s.name] = evaluate(s.value, hosts)
    assert scalars.keys() == {s.name for s in program.scalars}
    return [evaluate(value, {**values, **scalars}) for _, value in program.outputs]


def test_scalars_leave_the_body():
    rate = node("sub", const(1), node("pow", A, T))
    program = program_of(node("sub", P, mul(rate, G)))
    (s,) = program.scalars
    assert s.value is rate
    assert s.stage == 0
    assert program.outputs == (("p", node("sub", P, mul(scalar(s.name), G))),)
    assert program.inputs == ("p", "g")
    assert set(program.hypers) == {"a", "t"}
    assert program.stages == 0


def test_only_whole_host_expressions_leave():
    """(1 − a) g g associates to the left: its two products stay in the body."""
    program = program_of(mul(mul(node("sub", const(1), A), G), G))
    (s,) = program.scalars
    assert program.outputs[0][1] is mul(mul(scalar(s.name), G), G)


def test_the_same_value_is_one_scalar():
    one = node("sub", const(1), A)
    program = program_of(mul(one, P), mul(one, G))
    assert len(program.scalars) == 1


def test_constants_stay_unless_computed():
    assert program_of(mul(const(2), P)).scalars == ()
    (s,) = program_of(mul(node("sqrt", const(2)), P)).scalars
    assert evaluate(s.value, {}) == math.sqrt(2)


def test_a_condition_known_to_the_host_travels_as_a_number():
    program = program_of(node("where", node("lt", A, B), P, G))
    (s,) = program.scalars
    assert evaluate(s.value, {"a": 1.0, "b": 2.0}) == 1.0
    assert evaluate(s.value, {"a": 2.0, "b": 1.0}) == 0.0
    assert run(program, {"a": 1.0, "b": 2.0, "p": 3.0, "g": 4.0}) == [3.0]
    assert run(program, {"a": 2.0, "b": 1.0, "p": 3.0, "g": 4.0}) == [4.0]


def test_where_of_host_values_is_one_scalar():
    size = norm(P, "tensor")
    program = program_of(mul(G, node("where", node("lt", size, A), size, const(1))))
    (s,) = program.scalars
    assert s.stage == 1


def test_stages_of_nested_norms():
    size = norm(G, "tensor")
    shortened = node("div", G, size)
    again = norm(add(shortened, P), "tensor")
    program = program_of(mul(P, add(again, size)), mul(A, G))
    assert program.stages == 2
    stages = {r.source: r.stage for r in program.reductions}
    assert stages == {size: 1, again: 2}
    assert [r.stage for r in program.reductions] == [1, 2]
    by_value = {repr(s.value): s.stage for s in program.scalars}
    assert sorted(by_value.values()) == [0, 1, 2]
    assert by_value[repr(A)] == 0


def test_norms_in_one_stage_are_measured_together():
    program = program_of(mul(norm(P, "tensor"), norm(G, "tensor")), mul(norm(P, "tensor"), P))
    assert [(r.arg, r.stage) for r in program.reductions] == [(P, 1), (G, 1)]
    assert program.stages == 1


def test_shared_norms_are_measured_even_where_nothing_uses_them():
    size = norm(G, "model")
    program = hoist(Formula((), (size,)))
    assert [(r.over, r.source) for r in program.reductions] == [("model", size)]
    assert program.inputs == ("g",)
    assert program.outputs == ()
    assert program.scalars == ()


def test_a_hyperparameter_may_be_called_like_a_scalar_or_a_norm():
    size = norm(G, "tensor")
    values = {"s0": 3.0, "s1": 5.0, "norm0": 7.0, "g": 2.0, "p": 1.0}
    for names in (("s0", "s1"), ("s1", "s0"), ("norm0", "s0"), ("s0", "norm0")):
        first, second = map(hyper, names)
        root = mul(mul(mul(G, size), first), second)
        root = add(root, mul(P, first))
        program = check_program(hoist(Formula((("p", root),))))
        assert run(program, values) == [meaning(root, values)], names


@settings(max_examples=300)
@given(numbers(), numbers(), environments)
def test_hoisting_changes_no_rounding(first, second, values):
    found = run(program_of(first, second), values)
    wanted = [evaluate(first, values), evaluate(second, values)]
    assert all(same_bits(float(f), float(w)) for f, w in zip(found, wanted, strict=True))


@settings(max_examples=300)
@given(numbers(norms=True), numbers(norms=True), environments)
def test_hoisting_norms_changes_no_rounding(first, second, values):
    program = program_of(first, second)
    found = run(program, values)
    wanted = [meaning(first, values), meaning(second, values)]
    assert all(same_bits(float(f), float(w)) for f, w in zip(found, wanted, strict=True))
    bodies = [v for _, v in program.outputs] + [r.arg for r in program.reductions]
    assert not {at.op for at in walk(bodies)} & {"norm", "hyper"}


@settings(max_examples=100)
@given(numbers(norms=True))
def test_no_host_work_is_left_in_the_body(root):
    program = program_of(root)
    for at in walk([v for _, v in program.outputs]):
        assert not at.args or at.varies == "element" or at.is_condition
