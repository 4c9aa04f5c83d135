"""Bilinear: weighted products of two vectors' values."""

from __future__ import annotations

from typing import Any

from catenary import functions, initializers
from catenary.link import Link
from catenary.variable import Parameter, Variable

__all__ = ["Bilinear"]


class Bilinear(Link):
    """Form of two vectors:  y = e1ᵀ W e2 + e1 V1 + e2 V2 + b.

    Args:
        left_size: Length of e1.
        right_size: Length of e2.
        out_size: Length of y.
        nobias: Whether to do without V1, V2 and b.
        initialW: Initializer of `W`, an array, or a number; LeCunNormal by default.
        initial_bias: Tuple of the same for V1, V2 and b; LeCunNormal twice and 0 by default.

    Raises:
        ValueError: If `initial_bias` is neither tuple nor None.

    Attributes:
        W: Shape (left_size, right_size, out_size).
        V1, V2, b: Shapes (left_size, out_size), (right_size, out_size), (out_size,).
    """

    def __init__(
        self,
        left_size: int,
        right_size: int,
        out_size: int,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
    ) -> None:
        super().__init__()
        if not isinstance(initial_bias, (tuple, type(None))):
            message = f"initial_bias is a tuple of three or None, not {initial_bias!r}"
            raise ValueError(message)  # noqa: TRY004 - the type that Chainer raises
        self.in_sizes = (left_size, right_size)
        self.nobias = nobias
        get = initializers._get_initializer
        with self.init_scope():
            self.W = Parameter(get(initialW), (left_size, right_size, out_size))
            if not nobias:
                first, second, last = (None, None, 0) if initial_bias is None else initial_bias
                self.V1 = Parameter(get(first), (left_size, out_size))
                self.V2 = Parameter(get(second), (right_size, out_size))
                self.b = Parameter(get(last), (out_size,))

    def forward(self, e1: Any, e2: Any) -> Variable:
        """Return y for two batches of vectors."""
        if self.nobias:
            return functions.bilinear(e1, e2, self.W)
        return functions.bilinear(e1, e2, self.W, self.V1, self.V2, self.b)
