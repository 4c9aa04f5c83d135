"""What kernels are compiled for, beside their pass."""

from __future__ import annotations

from dataclasses import dataclass, replace

from catenary.kernel.storage import dtype_name
from catenary.kernel.table import Table

__all__ = ["Signature"]


@dataclass(frozen=True)
class Signature:
    """What a kernel is compiled for, beside its pass.

    Attributes:
        columns: (tensor name, storage dtype) in the order of the row's addresses.
        scalars: Names of the scalars in the order of the row's scalars.
        check_finite: Whether the pass also looks for gradients that are not finite.
    """

    columns: tuple[tuple[str, str], ...]
    scalars: tuple[str, ...]
    check_finite: bool = False

    @classmethod
    def of(cls, table: Table) -> Signature:
        """Return a table's: the gradient, then the columns in their order."""
        stored = [(name, dtype_name(held[0].dtype)) for name, held in table.columns.items()]
        columns = [("g", dict(stored)["p"]), *stored]
        return cls(tuple(columns), tuple(s.name for s in table.schedule.program.scalars))

    def checking(self, *, finite: bool) -> Signature:
        """Return the same with or without the finite check."""
        return replace(self, check_finite=finite)

    @property
    def compute(self) -> str:
        """The dtype that the arithmetic has."""
        return "float64" if dict(self.columns)["p"] == "float64" else "float32"
