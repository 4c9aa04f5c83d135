"""The host's way of running tables on a device: it reads what passes measure, and decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from catenary.kernel.table import Floats, Table, is_dense
from catenary.kernel.triton.compiler import has_triton
from catenary.kernel.triton.table import DeviceTable

__all__ = ["TritonRunner", "can_launch"]

STORAGE = {torch.float16, torch.bfloat16, torch.float32, torch.float64}


def can_launch(table: Table) -> bool:
    """Return whether this backend can run a table: dense float tensors on one CUDA device."""
    return table.size > 0 and _is_cuda(table) and has_triton() and _is_flat(table)


def _is_cuda(table: Table) -> bool:
    return table.columns["p"][0].is_cuda


def _is_flat(table: Table) -> bool:
    """Whether all tensors of each row lie in one device's memory in one order, without holes."""
    device = table.columns["p"][0].device
    rows = zip(*table.columns.values(), strict=True)
    return all(
        is_dense(row[0])
        and all(
            held.device == device
            and held.dtype in STORAGE
            and (held.stride() == row[0].stride() or held.numel() == 0)
            for held in row
        )
        for row in rows
    )


class TritonRunner:
    """Runs tables with Triton kernels, one launch a pass and table.

    Args:
        tables: What it runs; see :func:`can_launch`.
    """

    name = "compiled for the GPU, from Triton"

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables
        self._held = [DeviceTable(table) for table in tables]
        self._free = [torch.zeros(1, dtype=torch.float64, device=t.device) for t in self._held]
        self._sources: dict[str, None] = {}

    def sources(self) -> tuple[str, ...]:
        """Return the Triton source of the kernels that ran so far."""
        return tuple(self._sources)

    def begin(self) -> None:
        """Take this step's gradients."""
        for held in self._held:
            held.refresh()

    def measure(self, stage: int, *, check_finite: bool) -> tuple[list[Floats], list[list[int]]]:
        """Run a reducing pass over all tables, and wait for what it measures."""
        sums = self._run(stage, check_finite=check_finite)
        squares = [s[: len(t.reductions(stage))] for s, t in zip(sums, self.tables, strict=True)]
        bad = [np.flatnonzero(s[-1]).tolist() if check_finite else [] for s in sums]
        return squares, bad

    def update(self) -> list[Floats]:
        """Run the updating pass over all tables."""
        return self._run(-1, check_finite=False)

    def _run(self, stage: int, *, check_finite: bool) -> list[Floats]:
        """Queue a pass over every table that has it; then add up by rows what was measured."""
        outs = []
        for held, free in zip(self._held, self._free, strict=True):
            sweep = held.table.schedule.sweep(stage)
            width = held.width(sweep, check_finite=check_finite)
            out = free.new_zeros((len(held.owners), width))
            if width or sweep.outputs:
                _upload_scalars(held)
                self._sources[held.source(sweep, check_finite=check_finite)] = None
                held.launch(sweep, out, free, check_finite=check_finite)
            outs.append(out)
        sums: list[Floats] = []
        for held, out in zip(self._held, outs, strict=True):
            by_row = np.zeros((out.shape[1], held.table.size))
            if by_row.size:
                np.add.at(by_row.T, held.owners, out.cpu().numpy())
            sums.append(by_row)
        return sums


def _upload_scalars(held: DeviceTable) -> None:
    if held.table.scalars.shape[1]:
        with np.errstate(all="ignore"):
            rounded = held.table.scalars.astype(held.signature.compute)
        held.scalars.copy_(torch.from_numpy(rounded))
