"""A step that never waits: what it measures, decides and counts stays on the device."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

from catenary.kernel.outcome import Launch
from catenary.kernel.storage import COUNT, ROW
from catenary.kernel.table import Floats, Table
from catenary.kernel.triton.compiler import kernel
from catenary.kernel.triton.found import Layout
from catenary.kernel.triton.mirror import Mirror
from catenary.kernel.triton.scalars_text import TOTALS, scalars_text
from catenary.kernel.triton.table import BLOCK, DeviceTable, on_device

__all__ = ["DeviceStep", "Later", "can_step"]

LANES = 128
"""Rows, or sums, that a program of the small kernels handles at once."""


def can_step(tables: Sequence[Table]) -> bool:
    """Return whether tables can be stepped without the host.

    They lie on one device, and no rule keeps a number that the host computes from step to step.
    """
    devices = {table.columns["p"][0].device for table in tables}
    return len(devices) == 1 and not any(table.schedule.host_columns for table in tables)


class Later:
    """A step whose outcome is on its way from the device.

    Args:
        step: What was run.
        layout: What `found` holds.
        found: The numbers on the device.
    """

    def __init__(self, step: DeviceStep, layout: Layout, found: torch.Tensor) -> None:
        self._step, self._layout = step, layout
        self._event: Any = None
        if found.is_cuda:
            self._found = torch.empty(found.shape, dtype=found.dtype, pin_memory=True)
            self._found.copy_(found, non_blocking=True)
            self._event = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self._event.record()
        else:
            self._found = found.clone()

    def is_known(self) -> bool:
        """Return whether the outcome has arrived; waits for nothing."""
        return self._event is None or bool(self._event.query())

    def launch(self) -> Launch:
        """Return what the step found out; waits until it is known. To be called once."""
        if self._event is not None:
            self._event.synchronize()
        found: Floats = self._found.numpy()
        bad = self._layout.non_finite(found)
        if bad:
            self._step.note_skip()
            return Launch(bad)
        return Launch([], self._layout.norms(found), self._layout.measured(found))


class _Work:
    """The memory of one kind of step: with the finite check, or without."""

    def __init__(self, held: Sequence[DeviceTable], layout: Layout) -> None:
        device = held[0].device
        self.layout = layout
        self.found = torch.zeros(layout.size, dtype=torch.float64, device=device)
        self.parts = {
            (i, stage): self.found.new_zeros(max(1, len(held[i].owners) * slab.width))
            for (i, stage), slab in layout.slabs.items()
        }
        self.norm_places = [
            torch.tensor(layout.norm_places(i) or [(0, 0)], device=device).flatten()
            for i in range(len(held))
        ]
        self.totals = {stage: self._totals(stage, device) for stage in layout.stages}

    def _totals(self, stage: int, device: torch.device) -> tuple[torch.Tensor, ...]:
        """Return the totals that a stage makes known, and what they add up, one after the other."""
        each = self.layout.totals(stage)
        places = [place for _, own in each for place in own]
        bounds = np.cumsum([0, *(len(own) for _, own in each)]).tolist()
        lists = ([goal for goal, _ in each], places, bounds)
        return tuple(torch.tensor(held, dtype=torch.int64, device=device) for held in lists)


class DeviceStep:
    """Tables of one device, stepped by queued kernels alone.

    A step is, for each table, one launch a pass and one small launch for the scalars that the pass
    needs; sums are added up in a fixed order. If a gradient is not finite the updating pass writes
    nothing, and the count that bias corrections use stands still; the host learns of it later. So a
    step can be captured in a CUDA graph: every replay counts on, with the hyperparameters of the
    capture.

    Args:
        tables: See :func:`can_step`.
    """

    name = "compiled for the GPU, from Triton; the host waits for nothing"

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = list(tables)
        self._held = [DeviceTable(table) for table in tables]
        device = self.device = self._held[0].device
        self._good = torch.zeros(1, dtype=torch.int64, device=device)
        self._work: dict[bool, _Work] = {}
        self._values: dict[int, tuple[Mirror, Mirror]] = {}
        self._launched = self._skipped = 0
        self._sources: dict[str, None] = {}

    def backend_of(self, table: Table) -> str:
        """Return what runs a table, in words."""
        return self.name

    def sources(self) -> tuple[str, ...]:
        """Return the Triton source of every pass that was queued so far."""
        return tuple(self._sources)

    def note_skip(self) -> None:
        """Take notice that a step which the host had counted updated nothing."""
        self._skipped += 1

    def run(self, *, check_finite: bool) -> Launch | Later:
        """Queue every table's schedule; return what is known of it."""
        work = self._work.get(check_finite)
        if work is None:
            layout = Layout(self.tables, check_finite=check_finite)
            work = self._work[check_finite] = _Work(self._held, layout)
        with on_device(self.device):
            for i, held in enumerate(self._held):
                held.refresh()
                self._follow_values(i, held.table)
            self._fill(work, 0)
            for stage in work.layout.stages:
                self._sweep(work, stage)
                self._add_up(work, stage)
                self._fill(work, stage)
            self._sweep(work, -1)
            self._finish(work)
            self._launched += 1
            if self._tells(check_finite) and not self._is_capturing():
                return Later(self, work.layout, work.found)
        return Launch([])

    def _finish(self, work: _Work) -> None:
        """Count the step, unless it was skipped."""
        kernel(TOTALS, "finish")[(1,)](work.found, self._good)

    def _tells(self, check_finite: bool) -> bool:
        """Whether there is something to learn from a step."""
        return check_finite or any(t.schedule.updating.reductions for t in self.tables)

    def _is_capturing(self) -> bool:
        return self.device.type == "cuda" and torch.cuda.is_current_stream_capturing()

    def catch_up(self) -> int:
        """Return how many updates happened that the host has not counted: a graph's replays.

        It waits for the device, and counts them from now on. The outcome of every step must have
        been taken notice of.
        """
        if self._is_capturing():
            return 0
        missed = int(self._good.item()) - (self._launched - self._skipped)
        self._launched += missed
        return missed

    def _follow_values(self, i: int, table: Table) -> None:
        """Give the device the groups' values, and each row's group, where they changed.

        The host counted every step, this one too; the device adds the number of those before that
        updated.
        """
        names = table.schedule.program.hypers
        ahead = self._launched - self._skipped
        values = np.zeros((max(1, len(table.groups)), max(1, len(names))))
        group_of = np.zeros(table.size, np.int64)
        for k, (of_group, rows) in enumerate(table.groups):
            group_of[list(rows)] = k
            values[k, : len(names)] = _numbers(of_group, names, ahead)
        known = self._values.get(i)
        if known is None or known[0].tensor.shape != values.shape:
            self._values[i] = Mirror(values, self.device), Mirror(group_of, self.device)
        else:
            known[0].follow(values)
            known[1].follow(group_of)

    def _fill(self, work: _Work, stage: int) -> None:
        """Compute the scalars that a stage makes known."""
        for i, held in enumerate(self._held):
            program = held.table.schedule.program
            places = [k for k, s in enumerate(program.scalars) if s.stage == stage]
            if not places:
                continue
            text = scalars_text(
                tuple(program.scalars[k] for k in places), tuple(places), len(program.scalars),
                program.hypers, tuple(r.name for r in program.reductions), held.signature.compute,
            )  # fmt: skip
            values, group_of = (mirror.tensor for mirror in self._values[i])
            run = kernel(text, "fill")[(-(-held.table.size // LANES),)]
            run(
                values, group_of, self._good, held.keys, work.found, work.norm_places[i],
                held.scalars, held.table.size, BLOCK=LANES, enable_fp_fusion=False,
            )  # fmt: skip

    def _sweep(self, work: _Work, stage: int) -> None:
        """Run a pass over every table that has it, and add up by rows what it measures."""
        check = stage != -1 and work.layout.checks_in(stage)
        for i, held in enumerate(self._held):
            sweep = held.table.schedule.sweep(stage)
            parts, slab = work.parts[i, stage], work.layout.slabs[i, stage]
            if not (slab.width or sweep.outputs):
                continue
            self._sources[held.source(sweep, check_finite=check)] = None
            held.launch(sweep, parts, work.found, check_finite=check)
            if slab.width:
                add = kernel(TOTALS, "add_rows")[(slab.rows, slab.width)]
                add(parts, held.bounds, work.found[slab.start :], slab.width, BLOCK=LANES)

    def _add_up(self, work: _Work, stage: int) -> None:
        goals, places, bounds = work.totals[stage]
        if len(goals):
            kernel(TOTALS, "add_all")[(len(goals),)](work.found, goals, places, bounds, BLOCK=BLOCK)


def _numbers(of_group: Mapping[str, float], names: Sequence[str], ahead: int) -> list[float]:
    given = {ROW: 0.0, **of_group}
    return [given[name] - ahead if name == COUNT else given[name] for name in names]
