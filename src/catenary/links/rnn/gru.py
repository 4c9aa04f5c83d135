"""GRU, StatefulGRU and StatelessGRU: gated recurrent units, step by step."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.link import Chain
from catenary.links.connection.linear import Linear
from catenary.variable import Variable

__all__ = ["GRU", "GRUBase", "StatefulGRU", "StatelessGRU"]


class GRUBase(Chain):
    """The weights of gated recurrent units.

    Args:
        in_size: Length of an input; None to take it from the first input.
        out_size: Length of an output.
        init: Initializer of the weights of the input; LeCunNormal by default.
        inner_init: Initializer of the weights of the last output.
        bias_init: Initializer of the biases.

    Attributes:
        W_r, U_r, W_z, U_z, W, U: Linear links of the input (W) and the last output (U).
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int,
        init: Any = None,
        inner_init: Any = None,
        bias_init: Any = None,
    ) -> None:
        super().__init__()
        with self.init_scope():
            for gate in ("_r", "_z", ""):
                upward = Linear(in_size, out_size, initialW=init, initial_bias=bias_init)
                lateral = Linear(out_size, out_size, initialW=inner_init, initial_bias=bias_init)
                setattr(self, f"W{gate}", upward)
                setattr(self, f"U{gate}", lateral)

    def _first(self, z: Any, upward: Any) -> Any:
        """Return z · h̄, the output after zeros."""
        update: Any = functions.sigmoid(z)
        return update * functions.tanh(upward)

    def _next(self, h: Any, r: Any, z: Any, upward: Any) -> Any:
        """Return z · h̄ + (1 − z) · h with h̄ = tanh(W x + U (r · h)).

        Args:
            h: Last output.
            r: W_r x. The callers compute it and the next two, each in Chainer's order: in that
                order weights are drawn that wait for the length of an input.
            z: W_z x.
            upward: W x.
        """
        reset: Any = functions.sigmoid(r + self["U_r"](h))
        update = functions.sigmoid(z + self["U_z"](h))
        new = functions.tanh(upward + self["U"](reset * h))
        return functions.linear_interpolate(update, new, h)


class StatelessGRU(GRUBase):
    """Gated recurrent units whose state is passed along; see :class:`GRUBase`."""

    def forward(self, h: Any, x: Any) -> Variable:
        """Return the next output.

        Args:
            h: Last output, shape (batch, out_size), or None for zeros.
            x: Input, shape (batch, in_size).

        Differs: Chainer refuses None.
        """
        r: Any = None if h is None else self["W_r"](x)
        z: Any = self["W_z"](x)
        upward: Any = self["W"](x)
        y: Variable = self._first(z, upward) if h is None else self._next(h, r, z, upward)
        return y


class StatefulGRU(GRUBase):
    """Gated recurrent units that keep their state; see :class:`GRUBase`.

    Attributes:
        h: Output of the last step, None before the first.
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int,
        init: Any = None,
        inner_init: Any = None,
        bias_init: Any = 0,
    ) -> None:
        super().__init__(in_size, out_size, init, inner_init, bias_init)
        self.state_size = out_size
        self.reset_state()

    def reset_state(self) -> None:
        """Forget the output."""
        self.h: Any = None

    def set_state(self, h: Variable) -> None:
        """Set the output, a Variable of shape (batch, out_size), sent to the link's device."""
        if not isinstance(h, Variable):
            raise TypeError(f"h is a Variable, not a {type(h).__name__}")
        h.to_device(self.device)
        self.h = h

    def device_resident_accept(self, visitor: Any) -> None:
        """Send the state along with the parameters."""
        super().device_resident_accept(visitor)
        if self.h is not None:
            visitor.visit_variable(self.h)

    def forward(self, x: Any) -> Variable:
        """Return the output of one step, shape (batch, out_size)."""
        z: Any = self["W_z"](x)
        upward: Any = self["W"](x)
        if self.h is None:
            y: Variable = self._first(z, upward)
        else:
            y = self._next(self.h, self["W_r"](x), z, upward)
        self.h = y
        return y


class GRU(StatefulGRU):
    """:class:`StatefulGRU` under its usual name."""

    def forward(self, *args: Any) -> Variable:
        """Return the output of one step, shape (batch, out_size).

        Raises:
            ValueError: If there is not one argument: StatelessGRU takes two.
        """
        if len(args) != 1:
            raise ValueError(
                f"GRU takes the input alone, got {len(args)} arguments; "
                "StatelessGRU takes the last output and the input"
            )
        return super().forward(args[0])
