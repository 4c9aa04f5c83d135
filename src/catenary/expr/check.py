"""Which formulas and programs are legal. Run after tracing and after every pass."""

from __future__ import annotations

from catenary.errors import ProgramError
from catenary.expr.node import Node, walk
from catenary.expr.ops import LEAVES, OPS
from catenary.expr.program import Formula, Program

__all__ = ["check_formula", "check_program"]


def check_formula(formula: Formula) -> Formula:
    """Return `formula` if it is well formed.

    Raises:
        ProgramError: If an operation is unknown or has the wrong number of arguments, a condition
            stands where a number belongs or the reverse, a norm is taken of what does not vary per
            element, a norm over the model appears that the optimizer does not share, or a number
            that the rule keeps would depend on a tensor.
    """
    for at in walk(formula.roots()):
        _check_node(at)
        if at.op == "norm" and at.value == "model" and at not in formula.shared:
            raise ProgramError(
                "norm(..., over='model') is measured over every parameter of the target, so it "
                "belongs "
                "in a hook of the optimizer; a rule, or a hook of one rule, sees one tensor: "
                "norm(x)."
            )
    for name, value in formula.host:
        if value.varies == "element" or any(at.op == "norm" for at in walk([value])):
            raise ProgramError(
                f"{name!r} is declared as one number for all elements, slot(scalar=True), and its "
                f"new value depends on a tensor; drop scalar=True."
            )
    for name, value in (*formula.outputs, *formula.host):
        if value.is_condition:
            raise ProgramError(
                f"the new value of {name!r} is a condition; write where({name}, 1, 0)."
            )
    return formula


def check_program(program: Program) -> Program:
    """Return `program` if bodies hold no host values, and scalars come before their use.

    Raises:
        ProgramError: Otherwise.
    """
    measured: set[str] = set()
    scalars: set[str] = set()
    for stage in range(program.stages + 1):
        reductions = [r for r in program.reductions if r.stage == stage]
        for reduction in reductions:
            _check_names(reduction.arg, scalars, "scalar")
        measured |= {r.name for r in reductions}
        for s in program.scalars:
            if s.stage == stage:
                _check_names(s.value, {*program.hypers, *measured}, "hyper")
                scalars.add(s.name)
    measured_late = (r.arg for r in (*program.reductions, *program.measured))
    for value in (*(v for _, v in program.outputs), *measured_late):
        _check_names(value, scalars, "scalar")
        for at in walk([value]):
            if at.op in ("hyper", "norm"):
                raise ProgramError(f"{at!r} was not hoisted out of the kernel's body.")
    return program


def _check_names(root: Node, known: set[str], op: str) -> None:
    for at in walk([root]):
        if at.op == op and at.value not in known:
            raise ProgramError(f"{at!r} is used before it is known.")


def _check_node(at: Node) -> None:
    if at.op in LEAVES:
        return
    if at.op == "norm":
        if at.args[0].varies != "element":
            raise ProgramError("norm(x) needs an x that varies per element, such as p or g.")
        return
    if at.op not in OPS:
        raise ProgramError(f"there is no operation {at.op!r}; there are: {', '.join(OPS)}.")
    if len(at.args) != OPS[at.op].arity:
        raise ProgramError(f"{at.op} takes {OPS[at.op].arity} arguments and got {len(at.args)}.")
    wanted = {
        "and": (True, True),
        "or": (True, True),
        "not": (True,),
        "where": (True, False, False),
    }
    kinds = wanted.get(at.op, (False,) * len(at.args))
    for arg, condition in zip(at.args, kinds, strict=True):
        if arg.is_condition != condition:
            kind = "a condition" if condition else "a number"
            raise ProgramError(f"{at.op} takes {kind} where it got {arg!r}.")
