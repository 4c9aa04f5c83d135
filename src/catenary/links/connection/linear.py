"""Linear: the fully connected layer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from catenary import functions, initializers
from catenary.link import Link
from catenary.variable import Parameter, Variable, as_array

__all__ = ["Linear"]


class Linear(Link):
    """Affine map of vectors:  y = x Wᵀ + b.

    Args:
        in_size: Length of an input vector; None to take it from the first input. ``Linear(n)``
            means ``Linear(None, n)``.
        out_size: Length of an output vector.
        nobias: Whether to do without `b`.
        initialW: Initializer of `W`, an array, or a number; LeCunNormal by default: deviation
            √(1 / in_size), drawn from NumPy's global generator.
        initial_bias: Initializer of `b`, an array, or a number; 0 by default.

    Attributes:
        W: Weight, shape (out_size, in_size).
        b: Bias, shape (out_size,); None with `nobias`.
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int | None = None,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
    ) -> None:
        super().__init__()
        if out_size is None:
            in_size, out_size = None, in_size
        self.in_size = in_size
        self.out_size = out_size
        with self.init_scope():
            self.W = Parameter(initializers._get_initializer(initialW))
            if in_size is not None:
                self._initialize_params(in_size)
            bias = initializers._get_initializer(0 if initial_bias is None else initial_bias)
            self.b = None if nobias else Parameter(bias, out_size)

    @classmethod
    def from_params(cls, W: Any, b: Any = None, nobias: bool = False) -> Linear:
        """Return a layer with given values, which are copied.

        Args:
            W: Weight, Variable or array, shape (out_size, in_size).
            b: Bias, shape (out_size,); 0 by default.
            nobias: Whether to do without `b`, even if it is given.

        Raises:
            ValueError: If `W` and `b` do not fit.
        """
        out_size, in_size = W.shape
        if b is not None and b.size != out_size:
            raise ValueError(f"W has {out_size} rows and b {b.size} values")
        return cls(in_size, out_size, nobias, as_array(W), as_array(b))

    def _initialize_params(self, in_size: int) -> None:
        self.W.initialize((self.out_size, in_size))

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        """Names and values of the arguments to print."""
        yield "in_size", self.in_size
        yield "out_size", self.out_size
        yield "nobias", self.b is None

    def forward(self, x: Any, n_batch_axes: int = 1) -> Variable:
        """Apply the layer.

        Args:
            x: Vectors; all axes after the first `n_batch_axes` are one vector.
            n_batch_axes: Number of leading axes that count examples, at least 1.

        Returns:
            Variable with the same leading axes and a last one of length `out_size`.
        """
        W = self.W
        if not W.is_initialized:
            self._initialize_params(math.prod(x.shape[n_batch_axes:]))
        return functions.linear(x, W, self.b, n_batch_axes)
