"""The CPU backend: passes compiled to machine code, run over chunks by the thread pool."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from catenary.kernel.compiler import Kernel, compiled
from catenary.kernel.ir import BYTES, STORAGE
from catenary.kernel.pool import CHUNK, run_chunks
from catenary.kernel.schedule import Pass
from catenary.kernel.signature import Signature
from catenary.kernel.storage import dtype_name
from catenary.kernel.table import Floats, Table, is_dense

__all__ = ["CompiledRunner", "can_compile"]

CHUNK_SIZE = 65536
"""Elements a chunk: few enough to share work evenly, enough to hide what taking a chunk costs."""


def can_compile(table: Table) -> bool:
    """Return whether this backend can run a table: dense float tensors in the CPU's memory."""
    return _has_llvm() and table.size > 0 and all(_is_flat(table, row) for row in range(table.size))


@functools.cache
def _has_llvm() -> bool:
    try:
        import llvmlite.binding  # noqa: F401
    except (ImportError, OSError) as error:
        warnings.warn(
            f"llvmlite cannot be imported ({error}), so optimizer steps run as NumPy operations, "
            f"several times slower. Install it with: pip install llvmlite",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True


def _is_flat(table: Table, row: int) -> bool:
    """Whether all tensors of a row lie in memory in one order, without holes."""
    held = [tensors[row] for tensors in table.columns.values()]
    first = held[0]
    # NumPy gives tensors without elements strides of their own.
    return all(
        t.device.type == "cpu"
        and dtype_name(t.dtype) in STORAGE
        and (t.stride() == first.stride() or t.numel() == 0)
        for t in held
    ) and is_dense(first)


class _Rows:
    """A table's addresses and typed scalars, where kernels read them."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.signature = Signature.of(table)
        self.pointers = np.zeros((table.size, len(self.signature.columns)), np.int64)
        for i, held in enumerate(table.columns.values(), start=1):
            self.pointers[:, i] = [t.data_ptr() for t in held]
        self.counts = np.array([t.numel() for t in table.columns["p"]], np.int64)
        width = max(1, len(self.signature.scalars))
        self.scalars = np.zeros((table.size, width), self.signature.compute)
        self._rounded = 0

    def refresh(self) -> None:
        """Read the addresses of this step's gradients."""
        self.pointers[:, 0] = self.table.addresses

    def round_scalars(self) -> None:
        """Round the scalars once to the compute dtype, if any were computed anew."""
        if self.table.fills != self._rounded:
            with np.errstate(all="ignore"):
                np.copyto(self.scalars, self.table.scalars, casting="same_kind")
            self._rounded = self.table.fills


def _streams(sweep: Pass, signature: Signature) -> np.ndarray[Any, Any]:
    """Return the columns that a pass walks, as `pool.cc` reads them: (place, bytes of a value)."""
    walked = {*sweep.inputs, *(name for name, _ in sweep.outputs)}
    if signature.check_finite:
        walked.add("g")
    found = [
        (place, BYTES[dtype])
        for place, (name, dtype) in enumerate(signature.columns)
        if name in walked
    ]
    return np.array([*found, (0, 0)], np.int64)


class _Work:
    """The chunks of one pass over all tables that have it."""

    def __init__(
        self,
        rows: Sequence[_Rows],
        kernels: Sequence[Kernel],
        results: Sequence[int],
        streams: Sequence[np.ndarray[Any, Any]],
    ) -> None:
        self.rows, self.kernels, self.results, self._streams = rows, kernels, results, streams
        parts, self.owners, self.outs = [], [], []
        # What a step allocates is paid for dearly right after thousands of gradients were freed.
        self._sums, self._first = [], []
        for held, kernel, width, walked in zip(rows, kernels, results, streams, strict=True):
            per_row = np.maximum(1, -(-held.counts // CHUNK_SIZE))
            self._first.append(np.cumsum(per_row) - per_row)
            self._sums.append(np.zeros((width, held.table.size)))
            owners = np.repeat(np.arange(len(per_row)), per_row)
            first = np.repeat(self._first[-1], per_row)
            part = np.zeros(len(owners), CHUNK)
            part["function"] = kernel.address
            part["pointers"] = held.pointers.ctypes.data + owners * held.pointers.strides[0]
            part["scalars"] = held.scalars.ctypes.data + owners * held.scalars.strides[0]
            part["start"] = (np.arange(len(owners)) - first) * CHUNK_SIZE
            part["count"] = np.minimum(held.counts[owners] - part["start"], CHUNK_SIZE)
            out = np.zeros((len(owners), max(1, width)))
            part["out"] = out.ctypes.data + np.arange(len(owners)) * out.strides[0]
            part["streams"] = walked.ctypes.data
            parts.append(part)
            self.owners.append(owners)
            self.outs.append(out)
        self.chunks = np.concatenate(parts) if parts else np.zeros(0, CHUNK)
        self._address = self.chunks.ctypes.data
        self._whole = self.chunks["count"].copy()
        self._values = int(self._whole.sum())
        self._masked = False

    def run(self) -> None:
        """Run the pass over the rows that take part."""
        self._mask()
        for held in self.rows:
            held.round_scalars()
        run_chunks(self.chunks, self._address, self._values)

    def _mask(self) -> None:
        all_rows = all(len(held.table.rows) == held.table.size for held in self.rows)
        if all_rows and not self._masked:
            return
        self._masked = not all_rows
        at = 0
        for held, owners in zip(self.rows, self.owners, strict=True):
            taking = np.zeros(held.table.size, np.int64)
            taking[list(held.table.rows)] = 1
            stop = at + len(owners)
            self.chunks["count"][at:stop] = self._whole[at:stop] * taking[owners]
            at = stop
        for out in self.outs:
            out[...] = 0.0

    def sums(self, i: int) -> Floats:
        """Return what was measured on table `i`, added up by row: (results, rows).

        The next call writes to the same memory.
        """
        found = self._sums[i]
        np.add.reduceat(self.outs[i][:, : len(found)], self._first[i], axis=0, out=found.T)
        return found


class CompiledRunner:
    """Runs tables with kernels compiled for their passes and dtypes.

    Args:
        tables: What it runs; see :func:`can_compile`.
    """

    name = "compiled for this processor"

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables
        self._rows = [_Rows(table) for table in tables]
        self._work: dict[tuple[int, bool], _Work] = {}
        self._nothing: list[Floats] = [np.zeros((0, table.size)) for table in tables]

    def sources(self) -> tuple[str, ...]:
        """Return the LLVM IR of the kernels that were compiled so far."""
        return tuple(kernel.source for work in self._work.values() for kernel in work.kernels)

    def begin(self) -> None:
        """Read the addresses of this step's gradients."""
        for held in self._rows:
            held.refresh()

    def measure(self, stage: int, *, check_finite: bool) -> tuple[list[Floats], list[list[int]]]:
        """Run a reducing pass over all tables at once."""
        work = self._work_of(stage, check_finite)
        work.run()
        squares = list(self._nothing)
        bad: list[list[int]] = [[] for _ in self.tables]
        for i, held in enumerate(work.rows):
            place = self._rows.index(held)
            sums = work.sums(i)
            squares[place] = sums[: len(held.table.reductions(stage))]
            if check_finite:
                bad[place] = np.flatnonzero(sums[-1]).tolist()
        return squares, bad

    def update(self) -> list[Floats]:
        """Run the updating pass over all tables at once."""
        work = self._work_of(-1, False)
        work.run()
        squares = self._nothing
        if any(work.results):
            squares = list(squares)
            for i, held in enumerate(work.rows):
                squares[self._rows.index(held)] = work.sums(i)
        return squares

    def _work_of(self, stage: int, check_finite: bool) -> _Work:
        """Return the chunks of a pass: a reducing one, or the updating one (stage -1)."""
        key = (stage, check_finite)
        if key not in self._work:
            rows, kernels, results, streams = [], [], [], []
            for held in self._rows:
                sweep = held.table.schedule.sweep(stage)
                if not (sweep.reductions or sweep.outputs or check_finite):
                    continue
                rows.append(held)
                signature = held.signature.checking(finite=check_finite)
                kernels.append(compiled(sweep, signature))
                results.append(len(sweep.reductions) + check_finite)
                streams.append(_streams(sweep, signature))
            self._work[key] = _Work(rows, kernels, results, streams)
        return self._work[key]
