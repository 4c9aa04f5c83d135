"""What a step found out."""

from __future__ import annotations

from dataclasses import dataclass, field

from catenary.expr import Node
from catenary.kernel.table import Floats

__all__ = ["Launch"]


@dataclass
class Launch:
    """What a step found out.

    Attributes:
        non_finite: (table, row) of every gradient with an infinite or NaN element; empty when
            nobody asked. If it is not empty, nothing was written.
        norms: Norms over the model, by the node that was measured.
        measured: For each table, by name, sums of squares of its rows that the updating pass
            measured.
    """

    non_finite: list[tuple[int, int]]
    norms: dict[Node, float] = field(default_factory=dict)
    measured: list[dict[str, Floats]] = field(default_factory=list)
