"""One step over several tables: measure, decide, update."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Protocol, TypeVar

import numpy as np

from catenary.expr import Node
from catenary.kernel.eager import EagerRunner
from catenary.kernel.native import CompiledRunner, can_compile
from catenary.kernel.outcome import Launch
from catenary.kernel.table import Floats, Table
from catenary.kernel.triton import DeviceStep, TritonRunner, can_launch, can_step

__all__ = ["Runner", "Step", "Whole", "bound"]

T = TypeVar("T")

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
        ran = [id(table) for runner in self._runners for table in runner.tables]
        self._places = [ran.index(id(table)) for table in self.tables]
        self._stages = max((len(t.schedule.reducing) for t in self.tables), default=0)
        self._norms = [_Norms(self.tables, stage) for stage in range(1, self._stages + 1)]
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
            sums, rows = self._measure(stage, check_finite and stage == first)
            bad = [(i, row) for i, of_table in enumerate(rows) for row in of_table]
            if bad:
                return Launch(bad)
            if stage > 0:
                norms = self._norms[stage - 1]
                norms.take(sums, over_tensor, over_model, launch.norms)
                for i in norms.awaiting:
                    self.tables[i].fill_scalars(stage, over_model[i], over_tensor[i])
        return launch

    def _measure(
        self, stage: int, check_finite: bool
    ) -> tuple[Sequence[Floats], Sequence[Sequence[int]]]:
        """Run one reducing pass: return sums of squares, and rows that are not finite, by table."""
        measured = [runner.measure(stage, check_finite=check_finite) for runner in self._runners]
        sums = self._by_table(sums for sums, _ in measured)
        rows = self._by_table(rows for _, rows in measured)
        return (sums, rows) if self._whole is None else self._whole(sums, rows)

    def _by_table(self, of_runners: Iterable[Sequence[T]]) -> list[T]:
        """Put what the runners say of their tables into the order of all tables."""
        if len(self._runners) == 1:
            (only,) = of_runners
            return list(only)
        said = [of_table for of_runner in of_runners for of_table in of_runner]
        return [said[place] for place in self._places]

    def _update(self) -> list[dict[str, Floats]]:
        updated = [runner.update() for runner in self._runners]
        if not self._measures:
            return [{} for _ in self.tables]
        names = [[r.name for r in table.schedule.updating.reductions] for table in self.tables]
        sums: Sequence[Floats] = self._by_table(updated)
        if self._whole is not None:
            sums, _ = self._whole(sums, [()] * len(sums))
        return [dict(zip(n, s, strict=True)) for n, s in zip(names, sums, strict=True)]


class _Norms:
    """Where the norms go that one reducing pass measures: to scalars, by table and name.

    Attributes:
        awaiting: The tables that have such norms.
    """

    def __init__(self, tables: Sequence[Table], stage: int) -> None:
        self._over_tensor: list[tuple[int, int, str]] = []
        self._over_model: dict[Node, list[tuple[int, int, str]]] = {}
        for i, table in enumerate(tables):
            for place, reduction in enumerate(table.reductions(stage)):
                goes = (i, place, reduction.name)
                if reduction.over == "model":
                    self._over_model.setdefault(reduction.source, []).append(goes)
                else:
                    self._over_tensor.append(goes)
        self.awaiting = [i for i, table in enumerate(tables) if table.reductions(stage)]

    def take(
        self,
        sums: Sequence[Floats],
        over_tensor: Sequence[dict[str, Floats]],
        over_model: Sequence[dict[str, float]],
        of_model: dict[Node, float],
    ) -> None:
        """Make norms of sums of squares, and write them to the tables' and the model's."""
        for i, place, name in self._over_tensor:
            over_tensor[i][name] = np.sqrt(sums[i][place])
        for source, measured in self._over_model.items():
            norm = _root_of_sum([sums[i][place] for i, place, _ in measured])
            of_model[source] = norm
            for i, _, name in measured:
                over_model[i][name] = norm


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
