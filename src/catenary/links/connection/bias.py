"""Bias: a learned shift along some axes."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.link import Link
from catenary.variable import Parameter, Variable

__all__ = ["Bias"]


class Bias(Link):
    """Sum of the input and `b`, whose axes are those of the input from `axis` on.

    Args:
        axis: First axis of the input that `b` has.
        shape: Shape of `b`, which starts at 0; None for a link without `b`, which takes it as a
            second input.

    Attributes:
        b: The shift; absent without `shape`.
    """

    def __init__(self, axis: int = 1, shape: Any = None) -> None:
        super().__init__()
        self.axis = axis
        if shape is not None:
            with self.init_scope():
                self.b = Parameter(0, shape)

    def forward(self, *xs: Any) -> Variable:
        """Return x + b.

        Args:
            xs: The input, and the shift where the link has none.
        """
        x, b = (*xs, self.b) if hasattr(self, "b") else xs
        return functions.bias(x, b, self.axis)
