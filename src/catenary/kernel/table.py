"""What a program runs over: one row a parameter, one column a tensor of the program."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch

from catenary.expr import Reduction
from catenary.kernel.schedule import Schedule
from catenary.kernel.storage import ROW
from catenary.kernel.tensors import Addresses

__all__ = ["Filled", "Floats", "Table", "aligned", "is_dense"]

Floats = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

Filled = list[tuple[Sequence[int], list[float]]]
"""The scalars of a stage: rows that share them, and these in float64; together every row."""


def aligned(gradient: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Return the gradient, or a copy whose elements lie in memory as the parameter's do.

    A kernel walks both by address, and torch's zeros of second derivatives have none.
    """
    if gradient.stride() == like.stride() and not gradient._is_zerotensor():
        return gradient
    return torch.empty_like(like.detach()).copy_(gradient)


def is_dense(tensor: torch.Tensor) -> bool:
    """Return whether a tensor's elements fill its memory without holes, in whatever order."""
    if tensor.is_contiguous():
        return True
    expected = 1
    for stride, size in sorted(zip(tensor.stride(), tensor.shape, strict=True)):
        if size != 1 and stride != expected:
            return False
        expected *= size
    return True


class Table:
    """Rows of tensors that one schedule updates.

    A table lives as long as nothing structural changes; a step only refreshes its gradients and
    values.

    Args:
        schedule: What runs over the rows.
        columns: For each tensor name but ``"g"``, one tensor a row.
        keys: What tells rows apart where the schedule draws random numbers: whole numbers below
            2**24, one a row.

    Attributes:
        addresses: Of this step's gradients, shape (rows,); 0 where there is none.
        rows: Which rows take part in this step.
        groups: (hyperparameters of the program by name, rows that have these), together every row.
        filled: The scalars of each stage so far; a list is replaced where one of them changed.
    """

    def __init__(
        self,
        schedule: Schedule,
        columns: Mapping[str, Sequence[torch.Tensor]],
        keys: Sequence[int] | None = None,
    ) -> None:
        self.schedule = schedule
        self.columns = {name: list(tensors) for name, tensors in columns.items()}
        self.size = len(self.columns["p"])
        self.keys: Floats = np.array(keys or [0] * self.size, np.float64)
        self._gradients: Sequence[torch.Tensor | None] | None = None
        self.addresses: Addresses = np.zeros(self.size, np.int64)
        self.rows: Sequence[int] = range(self.size)
        self.groups: Sequence[tuple[Mapping[str, float], Sequence[int]]] = ()
        self.filled: dict[int, Filled] = {}
        self._filled_from: dict[int, object] = {}
        self._by_row: Floats | None = None

    def set_gradients(self, gradients: Sequence[torch.Tensor | None]) -> None:
        """Take this step's gradients: one a row, None where there is none."""
        self._gradients = gradients
        self.addresses[:] = [0 if held is None else held.data_ptr() for held in gradients]

    def take_own_gradients(self) -> None:
        """Take the gradients that the parameters hold; :attr:`addresses` are those of this step."""
        self._gradients = None

    def lay_addresses(self, into: Addresses) -> None:
        """Let the gradients' addresses stand where a backend wants them, from now on."""
        into[:] = self.addresses
        self.addresses = into

    def _gradient(self, row: int) -> torch.Tensor | None:
        held = self._gradients
        return self.columns["p"][row].grad if held is None else held[row]

    def tensor(self, name: str, row: int) -> torch.Tensor:
        """Return the tensor that the program calls `name` in this row."""
        held = self._gradient(row) if name == "g" else self.columns[name][row]
        assert held is not None, "a row without gradient takes no part"
        return held

    def reductions(self, stage: int) -> tuple[Reduction, ...]:
        """Return what reducing pass `stage` measures on this table; nothing if it has fewer."""
        reducing = self.schedule.reducing
        return reducing[stage - 1].reductions if 0 < stage <= len(reducing) else ()

    def host_values(self, row: int) -> dict[str, float]:
        """Return what this step made of the numbers that a row's rule keeps."""
        return {
            name: float(self.scalars[row, at]) for name, at in self.schedule.host_columns.items()
        }

    def fill_scalars(
        self, stage: int, over_model: Mapping[str, float], over_tensor: Mapping[str, Floats]
    ) -> None:
        """Compute the scalars of a stage, once for all rows that share values and norms.

        Args:
            stage: 0 before any reduction, k after reducing pass k.
            over_model: Norms over the model so far, by name.
            over_tensor: Norms over single tensors so far, by name, one a row.
        """
        if not self.schedule.has_scalars(stage):
            return
        known = self.filled.get(stage)
        given = None if over_model or over_tensor else self.groups
        if known is not None and given is not None and self._filled_from[stage] is given:
            return
        filled = list(self._scalars(stage, over_model, over_tensor))
        self._filled_from[stage] = given
        if filled != known:
            self.filled[stage] = filled
            self._by_row = None

    @property
    def scalars(self) -> Floats:
        """The scalars so far, shape (rows, scalars)."""
        if self._by_row is None:
            self._by_row = np.zeros((self.size, len(self.schedule.program.scalars)))
            for stage, filled in self.filled.items():
                into = self._by_row[:, self.schedule.scalar_columns[stage]]
                for rows, scalars in filled:
                    into[... if len(rows) == self.size else rows] = scalars
            if self.schedule.row_column is not None:
                self._by_row[:, self.schedule.row_column] = self.keys
        return self._by_row

    def _scalars(
        self, stage: int, over_model: Mapping[str, float], over_tensor: Mapping[str, Floats]
    ) -> Iterator[tuple[Sequence[int], list[float]]]:
        """Yield rows that share a stage's scalars, and these."""
        keyed = stage == 0 and self.schedule.row_column is not None
        for given, rows in self.groups:
            values = {**given, ROW: 0.0} if keyed else given
            if over_tensor:
                for row in rows:
                    own = {name: float(norms[row]) for name, norms in over_tensor.items()}
                    yield [row], self.schedule.scalars(stage, values, {**over_model, **own})
            else:
                yield rows, self.schedule.scalars(stage, values, over_model)
