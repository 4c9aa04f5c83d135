"""Move what does not vary per element out of a formula: `Formula -> Program`."""

from __future__ import annotations

from typing import Literal

from catenary.expr.node import Node, const, hyper, node, scalar, walk
from catenary.expr.program import Formula, Program, Reduction, Scalar

__all__ = ["hoist"]


class _Hoister:
    """One walk over a formula; collects scalars and reductions as it meets them."""

    def __init__(self) -> None:
        self.scalars: list[Scalar] = []
        self.reductions: list[Reduction] = []
        self._bodies: dict[Node, Node] = {}
        self._hosts: dict[Node, Node] = {}
        self._stages: dict[Node, int] = {}

    def body(self, at: Node) -> Node:
        """Return `at` in the kernel's terms: tensors, constants, scalars and operations on them."""
        if at not in self._bodies:
            self._bodies[at] = self._body(at)
        return self._bodies[at]

    def _body(self, at: Node) -> Node:
        if at.op in ("tensor", "const"):
            return at
        if at.varies == "element":
            return node(at.op, *map(self.body, at.args))
        if at.is_condition:
            # Scalars are floats everywhere; a condition known to the host travels as 1 or 0.
            return node("ne", self.body(node("where", at, const(1), const(0))), const(0))
        return self._new_scalar(at)

    def _new_scalar(self, at: Node) -> Node:
        value = self.host(at)
        stage = self._stage(value)
        name = f"s{len(self.scalars)}"
        self.scalars.append(Scalar(name, value, stage))
        made = scalar(name)
        self._stages[made] = stage
        return made

    def host(self, at: Node) -> Node:
        """Return `at` in the host's terms: hyperparameters, constants and results of reductions."""
        if at not in self._hosts:
            if at.op == "norm":
                self._hosts[at] = self._new_reduction(at)
            elif at.args:
                self._hosts[at] = node(at.op, *map(self.host, at.args))
            else:
                self._hosts[at] = at
        return self._hosts[at]

    def renewed(self, value: Node) -> str:
        """Return the name of the scalar that holds a value which no element needs."""
        body = self.body(value)
        return str((body if body.op == "scalar" else self._new_scalar(value)).value)

    def _new_reduction(self, at: Node) -> Node:
        arg = self.body(at.args[0])
        stage = 1 + self._stage(arg)
        # A name that nobody can give to a hyperparameter.
        name = f"‖{len(self.reductions)}‖"
        over: Literal["tensor", "model"] = "model" if at.value == "model" else "tensor"
        self.reductions.append(Reduction(name, over, arg, stage, at))
        made = hyper(name)
        self._stages[made] = stage
        return made

    def stage(self, value: Node) -> int:
        """Return the pass after which all that `value` needs is known."""
        return self._stage(self.body(value))

    def _stage(self, value: Node) -> int:
        return max((self._stages.get(at, 0) for at in walk([value])), default=0)


def hoist(formula: Formula) -> Program:
    """Cut a formula into host scalars, reductions and element expressions.

    `1 - h.beta ** h.t` becomes one scalar, computed in float64 and rounded once to the compute
    dtype; a norm becomes a reduction, and what depends on it a scalar of a later stage. The order
    in which operations are written is kept: nothing is re-associated.
    """
    hoister = _Hoister()
    for shared in formula.shared:
        hoister.host(shared)
    outputs = tuple((name, hoister.body(value)) for name, value in formula.outputs)
    host = tuple((name, hoister.renewed(value)) for name, value in formula.host)
    measured = tuple(
        Reduction(name, "tensor", hoister.body(value), hoister.stage(value), value)
        for name, value in formula.measured
    )
    bodies = [value for _, value in outputs]
    bodies += [r.arg for r in (*hoister.reductions, *measured)]
    return Program(
        inputs=tuple(str(n.value) for n in walk(bodies) if n.op == "tensor"),
        outputs=outputs,
        scalars=tuple(sorted(hoister.scalars, key=lambda s: s.stage)),
        reductions=tuple(sorted(hoister.reductions, key=lambda r: r.stage)),
        hypers=formula.hypers(),
        host=host,
        measured=measured,
    )
