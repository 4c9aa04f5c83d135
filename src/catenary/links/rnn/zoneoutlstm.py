"""StatefulZoneoutLSTM: long short-term memory that keeps some of its state at random."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.links.connection.linear import Linear
from catenary.links.rnn._state import StatefulChain
from catenary.variable import Variable

__all__ = ["StatefulZoneoutLSTM"]


class StatefulZoneoutLSTM(StatefulChain):
    """Long short-term memory under :func:`~catenary.functions.zoneout`.

    Args:
        in_size: Length of an input; None to take it from the first input.
        out_size: Length of an output.
        c_ratio: Share of the cell that stays as it is, in [0, 1].
        h_ratio: Share of the output that stays as it is.

    Attributes:
        upward, lateral: Linear of the input, with bias, and of the last output, without; a, i, f
            and o of each unit stand side by side.
        c, h: Cell and output of the last step, None before the first.
    """

    c: Any
    h: Any

    def __init__(
        self, in_size: int | None, out_size: int, c_ratio: float = 0.5, h_ratio: float = 0.5
    ) -> None:
        super().__init__()
        self.state_size = out_size
        self.c_ratio = c_ratio
        self.h_ratio = h_ratio
        self.reset_state()
        with self.init_scope():
            self.upward = Linear(in_size, 4 * out_size)
            self.lateral = Linear(out_size, 4 * out_size, nobias=True)

    def forward(self, x: Any) -> Variable:
        """Return the output of one step, shape (batch, out_size).

        Args:
            x: Input, shape (batch, in_size).
        """
        gates: Any = self.upward(x)
        if self.h is not None:
            gates = gates + self.lateral(self.h)
        zeros = self._zeros(x, self.state_size)
        cell, last = (zeros if state is None else state for state in (self.c, self.h))
        new, output = functions.lstm(cell, gates)
        self.c = functions.zoneout(cell, new, self.c_ratio)
        h: Variable = functions.zoneout(last, output, self.h_ratio)
        self.h = h
        return h
