"""LSTM and StatelessLSTM: long short-term memory, step by step."""

from __future__ import annotations

import math
from typing import Any

from catenary import functions, initializers
from catenary.link import Chain
from catenary.links.connection.linear import Linear
from catenary.variable import Variable

__all__ = ["LSTM", "LSTMBase", "StatelessLSTM"]


class LSTMBase(Chain):
    """The weights of a long short-term memory.

    Args:
        in_size: Length of an input; None to take it from the first input. One size alone means
            `out_size`.
        out_size: Length of an output.
        lateral_init: Initializer of the weights of the last output, gate by gate; LeCunNormal by
            default.
        upward_init: The same for the weights of the input.
        bias_init: Initializer of the biases of a, i and o; 0 by default.
        forget_bias_init: Initializer of the bias of f; 1 by default.

    Attributes:
        upward: Linear of the input, with bias.
        lateral: Linear of the last output, without.
        state_size: `out_size`.
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int | None = None,
        lateral_init: Any = None,
        upward_init: Any = None,
        bias_init: Any = None,
        forget_bias_init: Any = None,
    ) -> None:
        super().__init__()
        size: Any = in_size if out_size is None else out_size
        in_size = None if out_size is None else in_size
        self.state_size = size
        self.lateral_init = lateral_init
        self.upward_init = upward_init
        self.bias_init = 0 if bias_init is None else bias_init
        self.forget_bias_init = 1 if forget_bias_init is None else forget_bias_init
        with self.init_scope():
            self.upward = Linear(in_size, 4 * size, initialW=0)
            self.lateral = Linear(size, 4 * size, initialW=0, nobias=True)
            if in_size is not None:
                self._initialize_params()

    def _initialize_params(self) -> None:
        """Fill the weights one gate after the other, and the biases unit by unit."""
        size = self.state_size
        lateral, upward, bias, forget = (
            initializers._get_initializer(each)
            for each in (
                self.lateral_init,
                self.upward_init,
                self.bias_init,
                self.forget_bias_init,
            )
        )
        for start in range(0, 4 * size, size):
            lateral(self.lateral.W.array[start : start + size])
            upward(self.upward.W.array[start : start + size])
        gates = self.upward.b.array.reshape(1, size, 4, 1)  # type: ignore[union-attr]
        for place, initializer in enumerate((bias, bias, forget, bias)):
            initializer(gates[:, :, place])

    def _gates(self, x: Any, h: Any) -> Any:
        if not self.upward.W.is_initialized:
            self.upward._initialize_params(math.prod(x.shape[1:]))
            self._initialize_params()
        y: Any = self.upward(x)
        return y if h is None else y + self.lateral(h)

    def _zeros(self, x: Any) -> Any:
        return self.xp.zeros((len(x), self.state_size), dtype=x.dtype)


class StatelessLSTM(LSTMBase):
    """Long short-term memory whose state is passed along; see :class:`LSTMBase`."""

    def forward(self, c: Any, h: Any, x: Any) -> tuple[Variable, Variable]:
        """Return the next cell and output.

        Args:
            c: Cell, shape (batch, out_size), or None for zeros.
            h: Last output, of the same shape, or None for zeros.
            x: Input, shape (batch, in_size).
        """
        gates = self._gates(x, h)
        return functions.lstm(self._zeros(x) if c is None else c, gates)


class LSTM(LSTMBase):
    """Long short-term memory that keeps its state; see :class:`LSTMBase`.

    A batch may be smaller than the one before; the state of the missing samples stays.

    Attributes:
        c: Cell of the last step, None before the first.
        h: Output of the last step, None before the first.
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int | None = None,
        lateral_init: Any = None,
        upward_init: Any = None,
        bias_init: Any = None,
        forget_bias_init: Any = None,
    ) -> None:
        initial = (lateral_init, upward_init, bias_init, forget_bias_init)
        super().__init__(in_size, out_size, *initial)
        self.reset_state()

    def reset_state(self) -> None:
        """Forget cell and output."""
        self.c: Any = None
        self.h: Any = None

    def set_state(self, c: Variable, h: Variable) -> None:
        """Set cell and output, Variables of shape (batch, out_size), sent to the link's device."""
        for name, state in (("c", c), ("h", h)):
            if not isinstance(state, Variable):
                raise TypeError(f"{name} is a Variable, not a {type(state).__name__}")
            state.to_device(self.device)
        self.c, self.h = c, h

    def device_resident_accept(self, visitor: Any) -> None:
        """Send the state along with the parameters."""
        super().device_resident_accept(visitor)
        for state in (self.c, self.h):
            if state is not None:
                visitor.visit_variable(state)

    def forward(self, x: Any) -> Variable:
        """Return the output of one step, shape (batch, out_size).

        Args:
            x: Input, shape (batch, in_size).

        Raises:
            TypeError: If the batch is larger than the state.
        """
        going, gone = self.h, None
        if going is not None and len(going) < len(x):
            raise TypeError(
                f"a batch of {len(x)} follows a state of {len(going)}; call reset_state first"
            )
        if going is not None and len(going) > len(x):
            going, gone = (
                functions.get_item(going, slice(len(x))),
                functions.get_item(going, slice(len(x), None)),
            )
        gates = self._gates(x, going)
        self.c, y = functions.lstm(self._zeros(x) if self.c is None else self.c, gates)
        self.h = y if gone is None else functions.concat((y, gone), axis=0)
        return y
