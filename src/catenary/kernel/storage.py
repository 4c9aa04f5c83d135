"""How a parameter of 16 bits is kept: a rewriting of programs, the same for every rule.

A rule's formula knows nothing of storage. Where a parameter is kept in another way than by rounding
each step's result, :func:`stored` writes into the program what is read instead of the parameter,
and what is written beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import torch

from catenary.expr import Node, Program, Reduction, Scalar
from catenary.expr.node import const, hyper, node, random, scalar, tensor, walk

__all__ = ["COUNT", "LOW", "MASTER", "PLAIN", "ROW", "Kind", "Storage", "dtype_name", "stored"]

Kind = Literal["plain", "master", "kahan", "stochastic"]

MASTER = "@master"
"""What programs call the float32 copy of a parameter; no rule can have a slot of that name."""
LOW = "@low"
"""What programs call the part of a parameter that its own 16 bits do not hold."""
ROW = "row"
"""What programs with random numbers call the key that tells rows apart."""
COUNT = "rule.t"
"""What they call the number of the update."""


@dataclass(frozen=True)
class Storage:
    """What a program has to know of how its tensors are kept.

    Attributes:
        kind: ``"plain"``: every result is rounded to the nearest number. ``"master"``: the
            parameter is the rounded copy of a float32 tensor. ``"kahan"``: the parameter has its
            rounding error beside it, in 16 bits. ``"stochastic"``: what is kept in bfloat16 is
            rounded up or down by chance.
        dtype: The parameter's, for "master" and "kahan".
        narrow: Tensors in bfloat16, for "stochastic".
    """

    kind: Kind = "plain"
    dtype: str = ""
    narrow: frozenset[str] = frozenset()

    @classmethod
    def of(cls, kind: Kind, columns: Mapping[str, Sequence[torch.Tensor]]) -> Storage:
        """Return the storage of rows of these tensors, kept in a way."""
        if kind == "plain":
            return PLAIN
        if kind == "stochastic":
            held = {name for name, held in columns.items() if held[0].dtype == torch.bfloat16}
            return cls(kind, narrow=frozenset(held))
        return cls(kind, dtype_name(columns["p"][0].dtype))


PLAIN = Storage()


def dtype_name(dtype: torch.dtype) -> str:
    """Return a dtype's name, such as ``"bfloat16"``."""
    return str(dtype).removeprefix("torch.")


def stored(program: Program, storage: Storage) -> Program:
    """Return the program over tensors that are kept in some way.

    What every kind promises: after a step the parameter is the nearest 16-bit number to its exact
    value (for "stochastic" it is that value), and where somebody wrote into the parameter
    meanwhile, what was written counts.
    """
    if storage.kind == "plain":
        return program
    if storage.kind == "stochastic":
        return _with_chance(program, storage.narrow)
    read, write = (_read_master, _write_master)
    if storage.kind == "kahan":
        read, write = (_read_pair, _write_pair)
    exact = read(storage.dtype)
    known: dict[Node, Node] = {}
    outputs: list[tuple[str, Node]] = []
    for name, value in program.outputs:
        new = _replaced(value, exact, known)
        outputs += write(new, storage.dtype) if name == "p" else [(name, new)]
    reductions = tuple(_moved(r, exact, known) for r in program.reductions)
    measured = tuple(_moved(r, exact, known) for r in program.measured)
    return _renewed(program, tuple(outputs), reductions, measured)


def _read_master(dtype: str) -> Node:
    p, master = tensor("p"), tensor(MASTER)
    return node("where", node("ne", p, node(dtype, master)), p, master)


def _write_master(new: Node, dtype: str) -> list[tuple[str, Node]]:
    return [(MASTER, new), ("p", new)]


def _read_pair(dtype: str) -> Node:
    """Return the sum of both, unless that is not near p: then somebody wrote p.

    The rest is half of p's last place at most. Where it is just that, the sum may round to p's
    neighbour, so a little less of it is asked.
    """
    p, low = tensor("p"), tensor(LOW)
    less = node("add", p, node("mul", low, const(1 - 2**-8)))
    return node("where", node("eq", node(dtype, less), p), node("add", p, low), p)


def _write_pair(new: Node, dtype: str) -> list[tuple[str, Node]]:
    near = node(dtype, new)
    return [("p", near), (LOW, node("sub", new, near))]


def _with_chance(program: Program, narrow: frozenset[str]) -> Program:
    """Round by chance what a step stores in bfloat16; gradients are no storage of the rule's."""
    row, t = scalar(ROW), scalar(COUNT)
    outputs = tuple(
        (name, node("dither", value, random(stream, row, t)) if name in narrow else value)
        for stream, (name, value) in enumerate(program.outputs)
    )
    if outputs == program.outputs:
        return program
    counted = (Scalar(ROW, hyper(ROW), 0), Scalar(COUNT, hyper(COUNT), 0))
    scalars = sorted((*program.scalars, *counted), key=lambda s: s.stage)
    hypers = tuple(dict.fromkeys((*program.hypers, ROW, COUNT)))
    program = replace(program, scalars=tuple(scalars), hypers=hypers)
    return _renewed(program, outputs, program.reductions, program.measured)


def _renewed(
    program: Program,
    outputs: tuple[tuple[str, Node], ...],
    reductions: tuple[Reduction, ...],
    measured: tuple[Reduction, ...],
) -> Program:
    roots = [*(value for _, value in outputs), *(r.arg for r in (*reductions, *measured))]
    inputs = tuple(str(at.value) for at in walk(roots) if at.op == "tensor")
    return replace(
        program, inputs=inputs, outputs=outputs, reductions=reductions, measured=measured
    )


def _moved(reduction: Reduction, exact: Node, known: dict[Node, Node]) -> Reduction:
    return replace(reduction, arg=_replaced(reduction.arg, exact, known))


def _replaced(root: Node, exact: Node, known: dict[Node, Node]) -> Node:
    """Return `root` with `exact` in the place of the parameter."""
    for at in walk([root]):
        if at not in known:
            args = [known[arg] for arg in at.args]
            known[at] = exact if at is tensor("p") else node(at.op, *args) if args else at
    return known[root]
