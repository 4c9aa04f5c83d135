"""PReLU: a rectifier whose negative slope is learned."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.link import Link
from catenary.variable import Parameter, Variable

__all__ = ["PReLU"]


class PReLU(Link):
    """Return x where x ≥ 0 and W · x elsewhere.

    Args:
        shape: Shape of `W`, that of the input from axis 1 on; () for one slope.
        init: Initializer of `W`, an array, or a number.

    Attributes:
        W: The slopes.
    """

    def __init__(self, shape: Any = (), init: Any = 0.25) -> None:
        super().__init__()
        with self.init_scope():
            self.W = Parameter(init, shape)

    def forward(self, x: Any) -> Variable:
        """Return a Variable of the shape of `x`."""
        return functions.prelu(x, self.W)
