"""One step over several tables: measure, decide, update."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Protocol

import numpy as np

from catenary.expr import Node
from catenary.kernel.eager import EagerRunner
from catenary.kernel.native import CompiledRunner, can_compile
from catenary.kernel.outcome import Launch
from catenary.kernel.table import Floats, Table
from catenary.kernel.triton import DeviceStep, TritonRunner, can_launch, can_step

__all__ = ["Runner", "Step", "Whole", "bound"]

Whole = Callable[
    [Sequence[Floats], Sequence[Sequence[int]]], tuple[Sequence[Floats], Sequence[Sequence[int]]]
]
"""Where other processes hold parts of the tensors: takes for each table the sums over the parts
here, shape (measures, rows), and the rows that are not finite here; returns those of whole tensors.
"""


class Runner(Protocol):
    """A backend, bound to the tables that it runs."""

    tables: Sequence[Table]
    name: str

    def sources(self) -> tuple[str, ...]:
        """Return the source of every kernel that was compiled so far."""
        ...

    def begin(self) -> None:
        """Take notice of this step's gradients."""
        ...

    def measure(self, stage: int, *, check_finite: bool) -> tuple[list[Floats], list[list[int]]]:
        """Run reducing pass `stage` (0: none, only the finite check) over all tables.

        Returns:
            For each table, sums of squares of shape (reductions of the stage, rows), and the rows
            whose gradient is not finite.
        """
        ...

    def update(self) -> list[Floats]:
        """Run the updating pass over all tables.

        Returns:
            For each table, sums of squares of shape (reductions of the pass, rows).
        """
        ...


class Step:
    """Tables bound to the backends that run them; lives as long as the tables.

    Args:
        tables: Each goes to the fastest backend that can run it.
        whole: What puts together whole tensors of which a row is a part; None where none is.
    """

    def __init__(self, tables: Sequence[Table], whole: Whole | None = None) -> None:
        self.tables = list(tables)
        self._whole = whole
        compiled = [table for table in self.tables if can_compile(table)]
        launched = [table for table in self.tables if can_launch(table)]
        rest = [table for table in self.tables if table not in compiled + launched]
        self._runners: list[Runner] = []
        if compiled:
            self._runners.append(CompiledRunner(compiled))
        if launched:
            self._runners.append(TritonRunner(launched))
        if rest:
            self._runners.append(EagerRunner(rest))
        self._stages = max((len(t.schedule.reducing) for t in self.tables), default=0)
        self._measures = any(t.schedule.updating.reductions for t in self.tables)

    def backend_of(self, table: Table) -> str:
        """Return what runs a table, in words."""
        return next(runner.name for runner in self._runners if table in runner.tables)

    def sources(self) -> tuple[str, ...]:
        """Return the source of every kernel that was compiled so far."""
        return tuple(source for runner in self._runners for source in runner.sources())

    def run(self, *, check_finite: bool) -> Launch:
        """Run every table's schedule.

        All reductions of all tables come before the first write, so a step either updates every
        row or, where a gradient is not finite and `check_finite` is set, writes nothing at all.
        """
        for runner in self._runners:
            runner.begin()
        for table in self.tables:
            table.fill_scalars(0, {}, {})
        launch = self._reduce(check_finite) if check_finite or self._stages else Launch([])
        if not launch.non_finite:
            launch.measured = self._update()
        return launch

    def _reduce(self, check_finite: bool) -> Launch:
        """Run the reducing passes; return what they found."""
        launch = Launch([])
        over_tensor: list[dict[str, Floats]] = [{} for _ in self.tables]
        over_model: list[dict[str, float]] = [{} for _ in self.tables]
        first = min(1, self._stages)
        for stage in range(first if check_finite else 1, self._stages + 1):
            bad = self._measure(stage, check_finite and stage == first, over_model, over_tensor)
            if bad:
                return Launch(bad)
        for table, norms in zip(self.tables, over_model, strict=True):
            for reduction in table.schedule.program.reductions if norms else ():
                if reduction.name in norms:
                    launch.norms[reduction.source] = norms[reduction.name]
        return launch

    def _update(self) -> list[dict[str, Floats]]:
        found: dict[int, Floats] = {}
        for runner in self._runners:
            found.update(zip(map(id, runner.tables), runner.update(), strict=True))
        if not self._measures:
            return [{} for _ in self.tables]
        names = [[r.name for r in table.schedule.updating.reductions] for table in self.tables]
        sums: Sequence[Floats] = [found[id(table)] for table in self.tables]
        if self._whole is not None:
            sums, _ = self._whole(sums, [()] * len(sums))
        return [dict(zip(n, s, strict=True)) for n, s in zip(names, sums, strict=True)]

    def _measure(
        self,
        stage: int,
        check_finite: bool,
        over_model: list[dict[str, float]],
        over_tensor: list[dict[str, Floats]],
    ) -> list[tuple[int, int]]:
        """Run one reducing pass and make its results known to the scalars of that stage."""
        found: dict[int, tuple[Floats, list[int]]] = {}
        for runner in self._runners:
            measured = zip(*runner.measure(stage, check_finite=check_finite), strict=True)
            found.update({id(t): m for t, m in zip(runner.tables, measured, strict=True)})
        sums: Sequence[Floats] = [found[id(table)][0] for table in self.tables]
        rows: Sequence[Sequence[int]] = [found[id(table)][1] for table in self.tables]
        if self._whole is not None:
            sums, rows = self._whole(sums, rows)
        bad = [(i, row) for i, of_table in enumerate(rows) for row in of_table]
        if bad or stage == 0:
            return bad
        parts: dict[Node, list[Floats]] = {}
        for i, table in enumerate(self.tables):
            for reduction, squares in zip(table.reductions(stage), sums[i], strict=True):
                if reduction.over == "model":
                    parts.setdefault(reduction.source, []).append(squares)
                else:
                    over_tensor[i][reduction.name] = np.sqrt(squares)
        for i, table in enumerate(self.tables):
            for reduction in table.reductions(stage):
                if reduction.over == "model":
                    over_model[i][reduction.name] = _root_of_sum(parts[reduction.source])
            if table.reductions(stage):
                table.fill_scalars(stage, over_model[i], over_tensor[i])
        return []


def bound(tables: Sequence[Table], whole: Whole | None = None) -> Step | DeviceStep:
    """Return tables bound to what steps them.

    Tables of one device, with nothing spread over processes, are stepped without the host.
    """
    if tables and whole is None and all(map(can_launch, tables)) and can_step(tables):
        return DeviceStep(tables)
    return Step(tables, whole)


def _root_of_sum(squares: Sequence[Floats]) -> float:
    """Return √Σ, exactly rounded, so that the order of tensors shows in no bit."""
    try:
        # A view hands out its numbers one by one; a list of them would have to be allocated.
        return math.sqrt(math.fsum(chain.from_iterable(held.data for held in squares)))
    except OverflowError:
        return math.inf
