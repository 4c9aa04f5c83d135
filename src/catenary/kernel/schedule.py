"""The order in which a program runs: reducing passes, then one updating pass."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catenary.expr import Formula, Node, Program, Reduction, Scalar, check_program, hoist
from catenary.expr.node import walk
from catenary.expr.ops import OPS

__all__ = ["Pass", "Schedule", "schedule"]


@dataclass(frozen=True)
class Pass:
    """One sweep over memory.

    Attributes:
        order: Every node to compute, arguments first.
        reductions: What the pass measures; in the updating pass only for whoever asked.
        outputs: What the pass writes; empty in a reducing pass.
        inputs: Names of the tensors that it reads.
    """

    order: tuple[Node, ...]
    reductions: tuple[Reduction, ...]
    outputs: tuple[tuple[str, Node], ...]
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Schedule:
    """A program cut at its reductions.

    Attributes:
        program: What is run.
        reducing: The passes before the update, one a stage.
        updating: The last pass.
    """

    program: Program
    reducing: tuple[Pass, ...]
    updating: Pass

    def scalars(
        self, stage: int, values: Mapping[str, float], norms: Mapping[str, float]
    ) -> list[float]:
        """Return the scalars that become known at `stage`, in float64, in the program's order."""
        known: dict[Node, Any] = {}
        results = []
        for s, order in self._scalar_orders[stage]:
            for at in order:
                if at in known:
                    continue
                if at.op == "const":
                    known[at] = at.value
                elif at.args:
                    known[at] = OPS[at.op].meaning(*[known[arg] for arg in at.args])
                else:
                    name = str(at.value)
                    known[at] = norms[name] if name in norms else values[name]
            results.append(float(known[s.value]))
        return results

    @functools.cached_property
    def _scalar_orders(self) -> list[list[tuple[Scalar, tuple[Node, ...]]]]:
        return [
            [(s, tuple(walk([s.value]))) for s in self.program.scalars if s.stage == stage]
            for stage in range(self.program.stages + 1)
        ]

    @functools.cached_property
    def host_columns(self) -> dict[str, int]:
        """For each number that a rule keeps, the place of its new value in the scalars."""
        places = {s.name: i for i, s in enumerate(self.program.scalars)}
        return {name: places[scalar] for name, scalar in self.program.host}

    @functools.cached_property
    def scalar_columns(self) -> list[slice]:
        """For each stage, the places of its scalars in :attr:`Program.scalars`."""
        ends = [0]
        for stage in range(self.program.stages + 1):
            ends.append(ends[-1] + sum(s.stage == stage for s in self.program.scalars))
        return [slice(first, last) for first, last in itertools.pairwise(ends)]


def _sweep(
    reductions: Iterable[Reduction] = (), outputs: tuple[tuple[str, Node], ...] = ()
) -> Pass:
    reductions = tuple(reductions)
    order = tuple(walk([*(r.arg for r in reductions), *(value for _, value in outputs)]))
    inputs = tuple(str(at.value) for at in order if at.op == "tensor")
    return Pass(order, reductions, outputs, inputs)


@functools.lru_cache(maxsize=1024)
def schedule(formula: Formula) -> Schedule:
    """Return the passes of a formula. Equal formulas share one schedule."""
    program = check_program(hoist(formula))
    stages = range(1, program.stages + 1)
    reducing = tuple(_sweep(r for r in program.reductions if r.stage == k) for k in stages)
    return Schedule(program, reducing, _sweep(program.measured, program.outputs))
