"""Which formulas and programs are refused, each with its reason."""

from __future__ import annotations

import dataclasses

import pytest

from catenary.errors import ProgramError
from catenary.expr import Formula, Program, Reduction, Scalar, check_formula, check_program, hoist
from catenary.expr.node import Node, const, hyper, node, norm, scalar, tensor

P, G = tensor("p"), tensor("g")
LESS = node("lt", P, G)


def refused(match, value, name="p"):
    with pytest.raises(ProgramError, match=match):
        check_formula(Formula(((name, value),)))


def test_what_is_well_formed_comes_back():
    formula = Formula((("p", node("where", node("and", LESS, LESS), P, G)),))
    assert check_formula(formula) is formula
    size = norm(G, "model")
    shared = Formula((("p", node("mul", P, size)),), (size,))
    assert check_formula(shared) is shared
    program = hoist(shared)
    assert check_program(program) is program


def test_unknown_operation():
    refused("no operation 'modulo'; there are: add, sub", Node("modulo", (P, G), None, "element"))


@pytest.mark.parametrize(("op", "args", "wanted"), [("add", (P,), 2), ("sqrt", (P, G), 1)])
def test_number_of_arguments(op, args, wanted):
    refused(f"{op} takes {wanted} arguments and got {len(args)}", node(op, *args))


@pytest.mark.parametrize("op", ["and", "or"])
def test_a_number_where_a_condition_belongs(op):
    refused(f"{op} takes a condition where it got tensor", node("where", node(op, P, LESS), P, G))
    refused(f"{op} takes a condition where it got tensor", node("where", node(op, LESS, P), P, G))


def test_a_number_as_condition():
    refused("not takes a condition where it got tensor", node("where", node("not", P), P, G))
    refused("where takes a condition where it got tensor", node("where", P, P, G))


@pytest.mark.parametrize("op", ["add", "mul", "lt", "minimum"])
def test_a_condition_where_a_number_belongs(op):
    refused(f"{op} takes a number where it got lt", node(op, LESS, P))
    refused(f"{op} takes a number where it got lt", node(op, P, LESS))


def test_a_condition_as_branch_or_result():
    refused("where takes a number", node("where", LESS, LESS, P))
    refused("new value of 'v' is a condition; write where\\(v, 1, 0\\)", LESS, "v")


def test_norms():
    refused("varies per element", norm(hyper("lr"), "tensor"))
    refused("belongs in a hook of the optimizer", node("mul", P, norm(G, "model")))


def program(**changes):
    plain = Program(
        inputs=("p",),
        outputs=(("p", node("mul", P, scalar("s0"))),),
        scalars=(Scalar("s0", hyper("norm0"), 1),),
        reductions=(Reduction("norm0", "tensor", P, 1, norm(P, "tensor")),),
        hypers=(),
    )
    return dataclasses.replace(plain, **changes)


def test_programs():
    check_program(program())


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"scalars": (Scalar("s0", hyper("norm0"), 0),)}, "'norm0'.* is used before it is known"),
        ({"scalars": (Scalar("s0", hyper("lr"), 1),)}, "'lr'.* is used before it is known"),
        ({"scalars": ()}, "scalar.'s0'.* is used before it is known"),
        ({"outputs": (("p", node("mul", P, hyper("lr"))),)}, "'lr'.* was not hoisted"),
        ({"outputs": (("p", node("mul", P, norm(G, "tensor"))),)}, "norm.* was not hoisted"),
        (
            {"reductions": (Reduction("norm0", "tensor", node("mul", P, hyper("a")), 1, P),)},
            "'a'.* was not hoisted",
        ),
        (
            {"reductions": (Reduction("norm0", "tensor", node("mul", P, scalar("s9")), 1, P),)},
            "'s9'.* is used before",
        ),
    ],
)
def test_programs_refused(changes, match):
    with pytest.raises(ProgramError, match=match):
        check_program(program(**changes))


def test_a_reduction_may_use_only_scalars_of_earlier_stages():
    """norm0 is measured in stage 1, and s0 is known only after it."""
    wrong = Reduction("norm0", "tensor", node("mul", P, scalar("s0")), 1, norm(P, "tensor"))
    with pytest.raises(ProgramError):
        check_program(program(reductions=(wrong,)))


def test_formulas_list_what_they_read():
    formula = Formula((("p", node("sub", P, node("mul", hyper("lr"), G))), ("g", const(0))))
    assert formula.inputs() == ("p", "g")
    assert formula.hypers() == ("lr",)
    assert formula.roots() == tuple(value for _, value in formula.outputs)
