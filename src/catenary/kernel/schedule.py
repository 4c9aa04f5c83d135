"""The order in which a program runs: reducing passes, then one updating pass."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from catenary.expr import Formula, Node, Program, Reduction, check_program, hoist
from catenary.expr.node import walk
from catenary.kernel.host_code import HostFunction, host_function
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

    def sweep(self, stage: int) -> Pass:
        """Return a reducing pass, or the updating one (stage -1); an empty one for others."""
        if stage == -1:
            return self.updating
        if 0 < stage <= len(self.reducing):
            return self.reducing[stage - 1]
        return Pass((), (), (), ())

    def scalars(
        self, stage: int, values: Mapping[str, float], norms: Mapping[str, float]
    ) -> list[float]:
        """Return the scalars that become known at `stage`, in float64, in the program's order."""
        return self._host_functions[stage](values, norms)

    @functools.cached_property
    def _host_functions(self) -> list[HostFunction]:
        names = {reduction.name for reduction in self.program.reductions}
        return [
            host_function([s.value for s in self.program.scalars if s.stage == stage], names)
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

    def has_scalars(self, stage: int) -> bool:
        """Return whether any scalar becomes known at `stage`."""
        return stage in self._stages_with_scalars

    @functools.cached_property
    def _stages_with_scalars(self) -> frozenset[int]:
        return frozenset(scalar.stage for scalar in self.program.scalars)

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
def schedule(formula: Formula, storage: Storage = PLAIN) -> Schedule:
    """Return the passes of a formula over tensors that are kept in some way.

    Equal formulas over equal storage share one schedule.
    """
    program = check_program(stored(hoist(formula), storage))
    stages = range(1, program.stages + 1)
    reducing = tuple(_sweep(r for r in program.reductions if r.stage == k) for k in stages)
    return Schedule(program, reducing, _sweep(program.measured, program.outputs))
