"""StatefulMGU and StatelessMGU: recurrent units with one gate."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary import functions
from catenary.config import config
from catenary.links.connection.linear import Linear
from catenary.links.rnn._state import StatefulChain
from catenary.variable import Variable

__all__ = ["MGUBase", "StatefulMGU", "StatelessMGU"]


class MGUBase(StatefulChain):
    """The weights of minimal gated units:  h' = f tanh(W_h [f h; x]) + (1 − f) h.

    f = σ(W_f [h; x])

    Args:
        n_inputs: Length of an input.
        n_units: Length of an output.

    Attributes:
        W_f, W_h: Linear of output and input side by side.
    """

    state_names: tuple[str, ...] = ()

    def __init__(self, n_inputs: int, n_units: int) -> None:
        super().__init__()
        with self.init_scope():
            self.W_f = Linear(n_inputs + n_units, n_units)
            self.W_h = Linear(n_inputs + n_units, n_units)

    def _next(self, h: Any, x: Any) -> Variable:
        f: Any = functions.sigmoid(self.W_f(functions.concat([h, x])))
        new = functions.tanh(self.W_h(functions.concat([f * h, x])))
        return functions.linear_interpolate(f, new, h)


class StatelessMGU(MGUBase):
    """Minimal gated units whose state is passed along; see :class:`MGUBase`."""

    def forward(self, h: Any, x: Any) -> Variable:
        """Return the next output, shape (batch, n_units).

        Args:
            h: Last output, shape (batch, n_units).
            x: Input, shape (batch, n_inputs).
        """
        return self._next(h, x)


class StatefulMGU(MGUBase):
    """Minimal gated units that keep their state; see :class:`MGUBase`.

    Args:
        in_size: Length of an input.
        out_size: Length of an output.

    Attributes:
        h: Output of the last step, None before the first.
    """

    state_names = ("h",)
    h: Any

    def __init__(self, in_size: int, out_size: int) -> None:
        super().__init__(in_size, out_size)
        self._state_size = out_size
        self.reset_state()

    def forward(self, x: Any) -> Variable:
        """Return the output of one step, shape (batch, out_size).

        Args:
            x: Input, shape (batch, in_size).
        """
        last = self.h
        if last is None:
            shape = (len(x), self._state_size)
            last = Variable(self.xp.zeros(shape, dtype=np.dtype(config.dtype)))
        h: Variable = self._next(last, x)
        self.h = h
        return h
