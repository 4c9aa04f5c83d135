"""The reference backend: NumPy on the CPU's memory, torch operations elsewhere.

It is the meaning that other backends must reproduce, bit for bit where the arithmetic allows.
Storage of 16 bits is computed in float32, float64 in float64, and every stored array is rounded
once, to the nearest number.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy as copy
from typing import Any

import numpy as np
import torch

from catenary.expr import Node
from catenary.kernel.chance import places, sixteen_bits
from catenary.kernel.schedule import Pass
from catenary.kernel.table import Floats, Table

__all__ = ["EagerRunner"]


def _rounded(x: Any, more: Callable[[Any], Any]) -> Any:
    """Return x with bfloat16's bits, after some number was added to float32's."""
    wide = np.asarray(x, np.float32)
    bits = wide.view(np.uint32)
    moved = ((bits + more(bits)) & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isfinite(wide), moved, wide).astype(np.asarray(x).dtype)


def _bfloat16(x: Any) -> Any:
    return _rounded(x, lambda bits: 0x7FFF + (bits >> 16 & 1))


def _float16(x: Any) -> Any:
    return np.asarray(x, np.float32).astype(np.float16).astype(np.asarray(x).dtype)


def _dither(x: Any, chance: Any) -> Any:
    return _rounded(x, lambda bits: np.asarray(chance).astype(np.uint32))


NUMPY: dict[str, Callable[..., Any]] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power,
    "neg": np.negative, "abs": np.absolute, "sign": np.sign, "sqrt": np.sqrt, "exp": np.exp,
    "log": np.log, "tanh": np.tanh, "minimum": np.minimum, "maximum": np.maximum, "lt": np.less,
    "le": np.less_equal, "eq": np.equal, "ne": np.not_equal, "and": np.logical_and,
    "or": np.logical_or, "not": np.logical_not, "where": np.where, "bfloat16": _bfloat16,
    "float16": _float16, "dither": _dither,
}  # fmt: skip


def _sign(x: torch.Tensor) -> torch.Tensor:
    """The sign; torch's own makes 0 of NaN."""
    return torch.where(x.isnan(), x, torch.sign(x))


def _through(dtype: torch.dtype) -> Callable[[torch.Tensor], torch.Tensor]:
    return lambda x: x.float().to(dtype).to(x.dtype)


def _dither_torch(x: torch.Tensor, chance: torch.Tensor) -> torch.Tensor:
    wide = x.float()
    moved = (wide.view(torch.int32) + chance.to(torch.int32)) & -0x10000
    return torch.where(wide.isfinite(), moved.view(torch.float32), wide).to(x.dtype)


TORCH: dict[str, Callable[..., Any]] = {
    "add": operator.add, "sub": operator.sub, "mul": operator.mul, "div": operator.truediv,
    "pow": torch.pow, "neg": operator.neg, "abs": torch.abs, "sign": _sign, "sqrt": torch.sqrt,
    "exp": torch.exp, "log": torch.log, "tanh": torch.tanh, "minimum": torch.minimum,
    "maximum": torch.maximum, "lt": operator.lt, "le": operator.le, "eq": operator.eq,
    "ne": operator.ne, "and": torch.logical_and, "or": torch.logical_or, "not": torch.logical_not,
    "where": torch.where, "bfloat16": _through(torch.bfloat16),
    "float16": _through(torch.float16), "dither": _dither_torch,
}  # fmt: skip


class EagerRunner:
    """Runs tables row by row, operation by operation.

    Args:
        tables: What it runs; any dtype that torch has, on any device.
    """

    name = "as NumPy or torch operations, one tensor after the other"

    def __init__(self, tables: Sequence[Table]) -> None:
        self.tables = tables

    def sources(self) -> tuple[str, ...]:
        """Return nothing: there is nothing to compile."""
        return ()

    def begin(self) -> None:
        """Nothing to prepare: tensors are read where they are used."""

    def measure(self, stage: int, *, check_finite: bool) -> tuple[list[Floats], list[list[int]]]:
        """Run a reducing pass; accumulate in float64, since float32 overflows at 1e20."""
        squares: list[Floats] = []
        bad: list[list[int]] = []
        for table in self.tables:
            sums: Floats = np.zeros((len(table.reductions(stage)), table.size))
            for row in table.rows if len(sums) else ():
                known = _compute(table, row, table.schedule.reducing[stage - 1])
                sums[:, row] = [_sum_of_squares(known[r.arg]) for r in table.reductions(stage)]
            squares.append(sums)
            bad.append([r for r in table.rows if check_finite and not _is_finite(table, r)])
        return squares, bad

    def update(self) -> list[Floats]:
        """Run the updating pass over every row that takes part."""
        squares: list[Floats] = []
        for table in self.tables:
            sums: Floats = np.zeros((len(table.schedule.updating.reductions), table.size))
            for row in table.rows:
                sums[:, row] = _update(table, row)
            squares.append(sums)
        return squares


def _is_finite(table: Table, row: int) -> bool:
    return bool(torch.isfinite(table.tensor("g", row)).all().item())


def _sum_of_squares(value: Any) -> float:
    if isinstance(value, torch.Tensor):
        return float(value.double().square().sum().item())
    with np.errstate(all="ignore"):
        return float(np.sum(np.square(np.asarray(value, dtype=np.float64))))


def _update(table: Table, row: int) -> list[float]:
    sweep = table.schedule.updating
    known = _compute(table, row, sweep)
    measured = [_sum_of_squares(known[r.arg]) for r in sweep.reductions]
    # A result that is an input as it was must survive the writes before its own.
    results = [copy(known[v]) if v.op == "tensor" else known[v] for _, v in sweep.outputs]
    for (name, _), result in zip(sweep.outputs, results, strict=True):
        _store(table.tensor(name, row), result)
    return measured


def _compute(table: Table, row: int, sweep: Pass) -> dict[Any, Any]:
    """Return the value of every node of a pass on one row."""
    on_torch = _on_torch(table.tensor("p", row))
    loaded = {name: _load(table, row, name, on_torch) for name in sweep.inputs}
    scalars = dict(
        zip((s.name for s in table.schedule.program.scalars), table.scalars[row], strict=True)
    )
    if on_torch:
        return _compute_torch(sweep, loaded, scalars, table.tensor("p", row))
    return _compute_numpy(sweep, loaded, scalars, table.tensor("p", row))


def _compute_numpy(
    sweep: Pass, loaded: Mapping[str, Any], scalars: Mapping[str, float], like: torch.Tensor
) -> dict[Any, Any]:
    number = np.float64 if like.dtype == torch.float64 else np.float32
    known: dict[Any, Any] = {}
    with np.errstate(all="ignore"):
        for at in sweep.order:
            if at.op == "tensor":
                known[at] = loaded[str(at.value)]
            elif at.op == "scalar":
                known[at] = number(scalars[str(at.value)])
            elif at.op == "const":
                known[at] = number(at.value)
            elif at.op == "random":
                known[at] = _random(at, known, like).numpy()
            else:
                known[at] = NUMPY[at.op](*[known[arg] for arg in at.args])
    return known


def _compute_torch(
    sweep: Pass, loaded: Mapping[str, Any], scalars: Mapping[str, float], like: torch.Tensor
) -> dict[Any, Any]:
    dtype = _compute_dtype(like)
    known: dict[Any, Any] = {}
    with torch.no_grad():
        for at in sweep.order:
            if at.op == "tensor":
                known[at] = loaded[str(at.value)]
            elif at.op in ("scalar", "const"):
                number = scalars[str(at.value)] if at.op == "scalar" else at.value
                known[at] = torch.tensor(number, dtype=dtype, device=like.device)
            elif at.op == "random":
                known[at] = _random(at, known, like)
            else:
                known[at] = TORCH[at.op](*[known[arg] for arg in at.args])
    return known


def _random(at: Node, known: Mapping[Any, Any], like: torch.Tensor) -> torch.Tensor:
    row, t = (int(known[arg]) for arg in at.args)
    drawn: torch.Tensor = sixteen_bits(int(str(at.value)), row, t, places(like))
    return drawn.float()


def _compute_dtype(tensor: torch.Tensor) -> torch.dtype:
    return torch.float64 if tensor.dtype == torch.float64 else torch.float32


def _on_torch(tensor: torch.Tensor) -> bool:
    """Whether NumPy cannot reach a tensor's memory."""
    return tensor.device.type != "cpu"


def _load(table: Table, row: int, name: str, on_torch: bool) -> Any:
    stored = table.tensor(name, row).data
    dtype = _compute_dtype(table.tensor("p", row))
    wide = stored.to(dtype)
    return wide if on_torch else wide.numpy()


def _store(into: torch.Tensor, value: Any) -> None:
    # `.data` and NumPy's view leave torch's version counter alone: programs step through live
    # graphs.
    into = into.data
    if isinstance(value, torch.Tensor):
        into.copy_(value)
    elif into.dtype == torch.bfloat16:
        into.copy_(torch.as_tensor(np.asarray(value)))
    else:
        # An overflow to infinity is what storing in fewer bits means, not a surprise.
        with np.errstate(all="ignore"):
            np.copyto(into.numpy(), value, casting="same_kind")
