"""Swish: x · σ(β x) with a learned β."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.link import Link
from catenary.variable import Parameter, Variable

__all__ = ["Swish"]


class Swish(Link):
    """Return x · σ(β x).

    Args:
        beta_shape: Shape of β, that of the input from axis 1 on; None to take it from the first
            input.
        beta_init: Initializer of β, an array, or a number.

    Attributes:
        beta: β.
    """

    def __init__(self, beta_shape: Any, beta_init: Any = 1.0) -> None:
        super().__init__()
        with self.init_scope():
            self.beta = Parameter(beta_init, beta_shape)

    def forward(self, x: Any) -> Variable:
        """Return a Variable of the shape of `x`."""
        if not self.beta.is_initialized:
            self.beta.initialize(tuple(x.shape[1:]))
        return functions.swish(x, self.beta)
