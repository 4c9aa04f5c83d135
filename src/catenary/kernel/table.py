"""What a program runs over: one row a parameter, one column a tensor of the program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch

from catenary.kernel.schedule import Schedule

__all__ = ["Table"]


class Table:
    """Rows of tensors that one schedule updates.

    A table lives as long as nothing structural changes; a step only refreshes its gradients and
    values.

    Args:
        schedule: What runs over the rows.
        columns: For each tensor name but ``"g"``, one tensor a row.
        masters: Where parameters are stored in 16 bits and updated in float32, the float32 copies.

    Attributes:
        gradients: The ``"g"`` column; refreshed by each step.
        rows: Which rows take part in this step.
        values: For each row, the hyperparameters of the program by name. Rows that share one
            mapping share their scalars.
        scalars: (rows, scalars) float64; filled by the launch.
    """

    def __init__(
        self,
        schedule: Schedule,
        columns: Mapping[str, Sequence[torch.Tensor]],
        masters: Sequence[torch.Tensor] | None = None,
    ) -> None:
        self.schedule = schedule
        self.columns = {name: list(tensors) for name, tensors in columns.items()}
        self.masters = None if masters is None else list(masters)
        self.size = len(self.columns["p"])
        self.gradients: Sequence[torch.Tensor | None] = []
        self.rows: Sequence[int] = range(self.size)
        self.values: Sequence[Mapping[str, float]] = ()
        self.scalars = np.zeros((self.size, len(schedule.program.scalars)))

    def tensor(self, name: str, row: int) -> torch.Tensor:
        """Return the tensor that the program calls `name` in this row."""
        held = self.gradients[row] if name == "g" else self.columns[name][row]
        assert held is not None, "a row without gradient takes no part"
        return held

    def fill_scalars(self, stage: int, norms: Mapping[int, Mapping[str, float]]) -> None:
        """Compute the scalars of a stage, once for all rows that share values and norms.

        Args:
            stage: 0 before any reduction, k after reducing pass k.
            norms: For each row, the results of reductions so far.
        """
        columns = self.schedule.scalar_columns[stage]
        if not columns:
            return
        known: dict[tuple[int, tuple[float, ...]], list[float]] = {}
        for row in self.rows:
            measured = norms.get(row, {})
            key = (id(self.values[row]), tuple(measured.values()))
            if key not in known:
                known[key] = self.schedule.scalars(stage, self.values[row], measured)
            self.scalars[row, columns] = known[key]
