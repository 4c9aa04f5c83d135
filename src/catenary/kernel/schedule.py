"""The order in which a program runs: reducing passes, then one updating pass."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from catenary.expr import Formula, Node, Program, Reduction, check_program, hoist
from catenary.expr.node import walk
from catenary.expr.ops import OPS
from catenary.kernel.storage import PLAIN, ROW, Storage, stored

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
        leaves, steps, results = self._host_code[stage]
        known = [norms[n] if n in norms else values[n] if n else at for n, at in leaves]
        for meaning, args in steps:
            known.append(meaning(*[known[place] for place in args]))
        return [float(known[place]) for place in results]

    @functools.cached_property
    def _host_code(self) -> list[_HostCode]:
        return [
            _host_code([s.value for s in self.program.scalars if s.stage == stage])
            for stage in range(self.program.stages + 1)
        ]

    @functools.cached_property
    def host_columns(self) -> dict[str, int]:
        """For each number that a rule keeps, the place of its new value in the scalars."""
        places = {s.name: i for i, s in enumerate(self.program.scalars)}
        return {name: places[scalar] for name, scalar in self.program.host}

    @functools.cached_property
    def row_column(self) -> int | None:
        """The place among the scalars of what tells rows apart; None where nobody asks."""
        names = [s.name for s in self.program.scalars]
        return names.index(ROW) if ROW in names else None

    @functools.cached_property
    def scalar_columns(self) -> list[slice]:
        """For each stage, the places of its scalars in :attr:`Program.scalars`."""
        ends = [0]
        for stage in range(self.program.stages + 1):
            ends.append(ends[-1] + sum(s.stage == stage for s in self.program.scalars))
        return [slice(first, last) for first, last in itertools.pairwise(ends)]


_HostCode = tuple[
    list[tuple[str, float]], list[tuple[Callable[..., Any], tuple[int, ...]]], list[int]
]
"""(name or "", constant) of every leaf, then what to compute from which places, and the places of
the results.
"""


def _host_code(roots: list[Node]) -> _HostCode:
    order = list(walk(roots))
    leaves = [at for at in order if not at.args]
    inner = [at for at in order if at.args]
    places = {at: place for place, at in enumerate((*leaves, *inner))}
    named = [("", at.value) if at.op == "const" else (str(at.value), 0.0) for at in leaves]
    steps = [(OPS[at.op].meaning, tuple(places[arg] for arg in at.args)) for at in inner]
    return named, steps, [places[root] for root in roots]  # type: ignore[return-value]


def _sweep(
    reductions: Iterable[Reduction] = (), outputs: tuple[tuple[str, Node], ...] = ()
) -> Pass:
    reductions = tuple(reductions)
    order = tuple(walk([*(r.arg for r in reductions), *(value for _, value in outputs)]))
    inputs = tuple(str(at.value) for at in order if at.op == "tensor")
    return Pass(order, reductions, outputs, inputs)


@functools.lru_cache(maxsize=1024)
def schedule(formula: Formula, storage: Storage = PLAIN) -> Schedule:
    """Return the passes of a formula over tensors that are kept in some way.

    Equal formulas over equal storage share one schedule.
    """
    program = check_program(stored(hoist(formula), storage))
    stages = range(1, program.stages + 1)
    reducing = tuple(_sweep(r for r in program.reductions if r.stage == k) for k in stages)
    return Schedule(program, reducing, _sweep(program.measured, program.outputs))
