"""The CPU backend: passes compiled to machine code, run over chunks by the thread pool."""

from __future__ import annotations

import functools
import warnings
from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np

from catenary.kernel.compiler import compiled
from catenary.kernel.ir import BYTES, STORAGE
from catenary.kernel.pool import CHUNK, run_chunks
from catenary.kernel.schedule import Pass
from catenary.kernel.signature import Signature
from catenary.kernel.storage import dtype_name
from catenary.kernel.table import Filled, Floats, Table, is_dense

__all__ = ["CompiledRunner", "can_compile"]

CHUNK_SIZE = 16384
"""Elements a chunk: few enough to share small work evenly, enough to hide what a call costs.

Norms are added up chunk by chunk, so their last bits depend on it.
"""


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
        table.lay_addresses(self.pointers[:, 0])
        self.counts = np.array([t.numel() for t in table.columns["p"]], np.int64)
        width = max(1, len(self.signature.scalars))
        self.scalars = np.zeros((table.size, width), self.signature.compute)
        self._into = [self.scalars[:, c] for c in table.schedule.scalar_columns]
        self._rounded: dict[int, Filled] = {}

    def round_scalars(self) -> None:
        """Round the scalars once to the compute dtype, where any were computed anew."""
        for stage, filled in self.table.filled.items():
            if self._rounded.get(stage) is not filled:
                self._round(stage, filled)

    def _round(self, stage: int, filled: Filled) -> None:
        into = self._into[stage]
        for rows, scalars in filled:
            # Unlike NumPy's cast, an array's says nothing of what becomes infinite.
            rounded = array(into.dtype.char, scalars)
            into[... if len(rows) == self.table.size else rows] = rounded
        keyed = self.table.schedule.row_column
        if stage == 0 and keyed is not None:
            self.scalars[:, keyed] = self.table.keys
        self._rounded[stage] = filled


class _Part:
    """One pass over one table: its chunks, and what they measure."""

    def __init__(self, held: _Rows, sweep: Pass, *, check_finite: bool) -> None:
        signature = held.signature.checking(finite=check_finite)
        self.held = held
        self.kernel = compiled(sweep, signature)
        self._streams = _streams(sweep, signature)
        per_row = np.maximum(1, -(-held.counts // CHUNK_SIZE))
        self._first = np.cumsum(per_row) - per_row
        self._owners = np.repeat(np.arange(len(per_row)), per_row)
        width = len(sweep.reductions) + check_finite
        self._out = np.zeros((len(self._owners), max(1, width)))
        # What a step allocates is paid for dearly right after thousands of gradients were freed.
        sums: Floats = np.zeros((width, held.table.size))
        self._measured = (self._out, sums.T) if width else None
        self.squares: Floats = sums[: len(sweep.reductions)]
        self._bad = sums[-1] if check_finite else sums[:0]
        self.chunks = self._cut(np.repeat(self._first, per_row))
        self.whole = self.chunks["count"].copy()

    def _cut(self, first: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the table's chunks; `first` tells for each the first one of its row."""
        held, owners = self.held, self._owners
        chunks = np.zeros(len(owners), CHUNK)
        chunks["function"] = self.kernel.address
        chunks["pointers"] = held.pointers.ctypes.data + owners * held.pointers.strides[0]
        chunks["scalars"] = held.scalars.ctypes.data + owners * held.scalars.strides[0]
        chunks["start"] = (np.arange(len(owners)) - first) * CHUNK_SIZE
        chunks["count"] = np.minimum(held.counts[owners] - chunks["start"], CHUNK_SIZE)
        chunks["out"] = self._out.ctypes.data + np.arange(len(owners)) * self._out.strides[0]
        chunks["streams"] = self._streams.ctypes.data
        return chunks

    def takes_all(self) -> bool:
        """Whether every row takes part in this step."""
        return len(self.held.table.rows) == self.held.table.size

    def masked(self) -> np.ndarray[Any, Any]:
        """Return how many elements of each chunk are walked; what others measured is forgotten."""
        taking = np.zeros(self.held.table.size, np.int64)
        taking[list(self.held.table.rows)] = 1
        self._out[...] = 0.0
        counts: np.ndarray[Any, Any] = self.whole * taking[self._owners]
        return counts

    def add_up(self) -> None:
        """Add up by row what the chunks measured."""
        if self._measured is not None:
            by_chunk, by_row = self._measured
            np.add.reduceat(by_chunk, self._first, axis=0, out=by_row)

    def non_finite(self) -> list[int]:
        """Return the rows whose gradient is not finite, where the pass looked."""
        found: list[int] = self._bad.nonzero()[0].tolist()
        return found


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
    """One pass over all tables that have it.

    Args:
        parts: One a table; None for a table that the pass has nothing to do on.
        nothing: For each table, what stands for its squares where nothing was measured.

    Attributes:
        squares: For each table, the sums of squares of its rows; each run writes to the same ones.
    """

    def __init__(self, parts: Sequence[_Part | None], nothing: Sequence[Floats]) -> None:
        self.parts = [part for part in parts if part is not None]
        self._by_table = parts
        self.squares = [
            none if part is None else part.squares
            for part, none in zip(parts, nothing, strict=True)
        ]
        chunks = [part.chunks for part in self.parts]
        self._chunks = np.concatenate(chunks) if chunks else np.zeros(0, CHUNK)
        self._address = self._chunks.ctypes.data
        self._values = int(self._chunks["count"].sum())
        self._masked = False

    def run(self) -> None:
        """Run the pass over the rows that take part, and add up what it measures."""
        takes_all = True
        for part in self.parts:
            part.held.round_scalars()
            takes_all = takes_all and part.takes_all()
        if not takes_all:
            self._chunks["count"] = np.concatenate([part.masked() for part in self.parts])
        elif self._masked:
            self._chunks["count"] = np.concatenate([part.whole for part in self.parts])
        self._masked = not takes_all
        run_chunks(self._chunks, self._address, self._values)
        for part in self.parts:
            part.add_up()

    def non_finite(self) -> list[list[int]]:
        """Return for each table the rows whose gradient is not finite, where the pass looked."""
        return [[] if part is None else part.non_finite() for part in self._by_table]


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
        return tuple(part.kernel.source for work in self._work.values() for part in work.parts)

    def begin(self) -> None:
        """Nothing to prepare: gradients' addresses stand where kernels read them."""

    def measure(self, stage: int, *, check_finite: bool) -> tuple[list[Floats], list[list[int]]]:
        """Run a reducing pass over all tables at once."""
        work = self._work_of(stage, check_finite)
        work.run()
        return work.squares, work.non_finite()

    def update(self) -> list[Floats]:
        """Run the updating pass over all tables at once."""
        work = self._work_of(-1, False)
        work.run()
        return work.squares

    def _work_of(self, stage: int, check_finite: bool) -> _Work:
        """Return a pass: a reducing one, or the updating one (stage -1)."""
        found = self._work.get((stage, check_finite))
        if found is None:
            parts = [self._part(held, stage, check_finite) for held in self._rows]
            found = self._work[stage, check_finite] = _Work(parts, self._nothing)
        return found

    @staticmethod
    def _part(held: _Rows, stage: int, check_finite: bool) -> _Part | None:
        sweep = held.table.schedule.sweep(stage)
        idle = not (sweep.reductions or sweep.outputs or check_finite)
        return None if idle else _Part(held, sweep, check_finite=check_finite)
