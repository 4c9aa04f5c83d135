"""One step over several tables: measure, decide, update."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from catenary.expr import Node
from catenary.kernel import eager
from catenary.kernel.table import Table

__all__ = ["Launch", "run"]


@dataclass
class Launch:
    """What a step found out.

    Attributes:
        non_finite: (table, row) of every gradient with an infinite or NaN element; empty when
            nobody asked. If it is not empty, nothing was written.
    """

    non_finite: list[tuple[int, int]]


def run(tables: Sequence[Table], *, check_finite: bool) -> Launch:
    """Run every table's schedule.

    All reductions of all tables come before the first write, so a step either updates every row or,
    where a gradient is not finite and `check_finite` is set, writes nothing at all.
    """
    stages = max((len(t.schedule.reducing) for t in tables), default=0)
    norms: list[dict[int, dict[str, float]]] = [{} for _ in tables]
    for table in tables:
        table.fill_scalars(0, {})
    if check_finite:
        bad = [(i, row) for i, t in enumerate(tables) for row in eager.non_finite_rows(t)]
        if bad:
            return Launch(bad)
    for stage in range(1, stages + 1):
        _measure(tables, stage, norms)
    for table in tables:
        eager.update(table)
    return Launch([])


def _measure(tables: Sequence[Table], stage: int, norms: list[dict[int, dict[str, float]]]) -> None:
    """Run one reducing pass over all tables and make its results known to their scalars."""
    over_model: dict[Node, list[float]] = {}
    for i, table in enumerate(tables):
        if stage > len(table.schedule.reducing):
            continue
        sweep = table.schedule.reducing[stage - 1]
        for row in table.rows:
            squares = eager.squares(table, row, sweep)
            for reduction, square in zip(sweep.reductions, squares, strict=True):
                if reduction.over == "model":
                    over_model.setdefault(reduction.source, []).append(square)
                norms[i].setdefault(row, {})[reduction.name] = math.sqrt(square)
    totals = {source: math.sqrt(sum(parts)) for source, parts in over_model.items()}
    for i, table in enumerate(tables):
        if stage > len(table.schedule.reducing):
            continue
        for reduction in table.schedule.reducing[stage - 1].reductions:
            if reduction.over == "model":
                for row in table.rows:
                    norms[i][row][reduction.name] = totals[reduction.source]
        table.fill_scalars(stage, norms[i])
