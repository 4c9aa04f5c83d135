"""Where a step on a device keeps what it measures: one array, so that one copy tells the host."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catenary.expr import Node
from catenary.kernel.table import Floats, Table

__all__ = ["Layout", "Slab"]


@dataclass(frozen=True)
class Slab:
    """The sums over rows that one pass measures on one table.

    Attributes:
        start: Place of its first number; row r has its numbers from ``start + r * width``.
        rows: Number of rows.
        width: Numbers a row: one a reduction, then the finite check if there is one.
    """

    start: int
    rows: int
    width: int

    def column(self, k: int) -> list[int]:
        """Return the places of number `k` of all rows."""
        return list(range(self.start + k, self.start + self.rows * self.width, self.width or 1))

    def of(self, found: Floats) -> Floats:
        """Return its numbers, shape (rows, width)."""
        return found[self.start : self.start + self.rows * self.width].reshape(self.rows, -1)


class Layout:
    """The places of totals over the model, then of every pass's sums over rows.

    Place 0 says whether the step must be skipped: the number of rows that are not finite.

    Args:
        tables: The tables.
        check_finite: Whether the first pass looks for gradients that are not finite.

    Attributes:
        sources: The norms over the model; the square of number k lies at place ``1 + k``.
        slabs: By (table, stage); the updating pass is stage -1.
        first: The stage that looks for gradients that are not finite.
        size: Of the whole array.
    """

    def __init__(self, tables: Sequence[Table], *, check_finite: bool) -> None:
        self.tables = tables
        stages = max((len(table.schedule.reducing) for table in tables), default=0)
        self.first = min(1, stages)
        self.stages = range(self.first if check_finite else 1, stages + 1)
        over_model = (
            r.source for t in tables for r in t.schedule.program.reductions if r.over == "model"
        )
        self.sources: list[Node] = list(dict.fromkeys(over_model))
        self.checks = check_finite
        self.slabs: dict[tuple[int, int], Slab] = {}
        self.size = 1 + len(self.sources)
        for stage in (*self.stages, -1):
            for i, table in enumerate(tables):
                width = self._width(table, stage)
                self.slabs[i, stage] = Slab(self.size, table.size, width)
                self.size += table.size * width

    def _width(self, table: Table, stage: int) -> int:
        if stage == -1:
            return len(table.schedule.updating.reductions)
        return len(table.reductions(stage)) + self.checks_in(stage)

    def checks_in(self, stage: int) -> bool:
        """Return whether a stage looks for gradients that are not finite."""
        return self.checks and stage == self.first

    def totals(self, stage: int) -> list[tuple[int, list[int]]]:
        """Return (place, places of what it adds up) of every total that a stage makes known."""
        found: dict[int, list[int]] = {}
        for i, table in enumerate(self.tables):
            slab = self.slabs[i, stage]
            if self.checks_in(stage):
                found.setdefault(0, []).extend(slab.column(slab.width - 1))
            for column, reduction in enumerate(table.reductions(stage)):
                if reduction.over == "model":
                    goal = 1 + self.sources.index(reduction.source)
                    found.setdefault(goal, []).extend(slab.column(column))
        return list(found.items())

    def norm_places(self, i: int) -> list[tuple[int, int]]:
        """Return for each reduction of table `i` the place of its square, and rows' distance."""
        table, found = self.tables[i], []
        for reduction in table.schedule.program.reductions:
            if reduction.over == "model":
                found.append((1 + self.sources.index(reduction.source), 0))
            else:
                slab = self.slabs[i, reduction.stage]
                column = table.reductions(reduction.stage).index(reduction)
                found.append((slab.start + column, slab.width))
        return found

    def non_finite(self, found: Floats) -> list[tuple[int, int]]:
        """Return (table, row) of every gradient that is not finite."""
        return [
            (i, int(row))
            for i in range(len(self.tables) if self.checks else 0)
            for row in np.flatnonzero(self.slabs[i, self.first].of(found)[:, -1])
        ]

    def norms(self, found: Floats) -> dict[Node, float]:
        """Return the norms over the model."""
        return {source: float(np.sqrt(found[1 + k])) for k, source in enumerate(self.sources)}

    def measured(self, found: Floats) -> list[dict[str, Floats]]:
        """Return for each table what the updating pass measured, by name."""
        return [
            {
                reduction.name: self.slabs[i, -1].of(found)[:, k]
                for k, reduction in enumerate(table.schedule.updating.reductions)
            }
            for i, table in enumerate(self.tables)
        ]
