"""StatefulPeepholeLSTM: long short-term memory whose gates see the cell."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.links.connection.linear import Linear
from catenary.links.rnn._state import StatefulChain
from catenary.variable import Variable

__all__ = ["StatefulPeepholeLSTM"]


class StatefulPeepholeLSTM(StatefulChain):
    """Long short-term memory with connections from the cell to the gates.

        c' = tanh(a) σ(i + peep_i c) + σ(f + peep_f c) c,  h' = σ(o + peep_o c') tanh(c')

    Args:
        in_size: Length of an input; None to take it from the first input.
        out_size: Length of an output.

    Attributes:
        upward, lateral: Linear of the input, with bias, and of the last output, without; a, i, f
            and o of each unit stand side by side.
        peep_i, peep_f, peep_o: Linear of the cell, without bias.
        c, h: Cell and output of the last step, None before the first.
    """

    c: Any
    h: Any

    def __init__(self, in_size: int | None, out_size: int) -> None:
        super().__init__()
        self.state_size = out_size
        self.reset_state()
        with self.init_scope():
            self.upward = Linear(in_size, 4 * out_size)
            self.lateral = Linear(out_size, 4 * out_size, nobias=True)
            self.peep_i = Linear(out_size, out_size, nobias=True)
            self.peep_f = Linear(out_size, out_size, nobias=True)
            self.peep_o = Linear(out_size, out_size, nobias=True)

    def forward(self, x: Any) -> Variable:
        """Return the output of one step, shape (batch, out_size).

        Args:
            x: Input, shape (batch, in_size).
        """
        gates: Any = self.upward(x)
        if self.h is not None:
            gates = gates + self.lateral(self.h)
        cell: Any = self._zeros(x, self.state_size) if self.c is None else self.c
        a, i, f, o = functions.separate(gates.reshape((len(x), self.state_size, 4)), 2)
        new: Any = functions.tanh(a)
        kept: Any = functions.sigmoid(f + self.peep_f(cell))
        self.c = new * functions.sigmoid(i + self.peep_i(cell)) + kept * cell
        opened: Any = functions.sigmoid(o + self.peep_o(self.c))
        h: Variable = opened * functions.tanh(self.c)
        self.h = h
        return h
