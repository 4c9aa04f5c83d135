"""EmbedID: one learned vector for each identifier."""

from __future__ import annotations

from typing import Any

from catenary import functions, initializers
from catenary.link import Link
from catenary.variable import Parameter, Variable, as_array

__all__ = ["EmbedID"]


class EmbedID(Link):
    """Table of vectors, looked up by number:  y[i] = W[x[i]].

    Args:
        in_size: Number of identifiers.
        out_size: Length of a vector.
        initialW: Initializer of `W`, or an array; standard normal by default, drawn from NumPy's
            global generator.
        ignore_label: Identifier whose vector is zero and is not trained; None for none.

    Attributes:
        W: The table, shape (in_size, out_size).
    """

    def __init__(
        self, in_size: int, out_size: int, initialW: Any = None, ignore_label: int | None = None
    ) -> None:
        super().__init__()
        self.ignore_label = ignore_label
        with self.init_scope():
            initializer = initializers.Normal(1.0) if initialW is None else initialW
            self.W = Parameter(initializer, (in_size, out_size))

    @classmethod
    def from_params(cls, W: Any, ignore_label: int | None = None) -> EmbedID:
        """Return a table with given values, which are copied.

        Args:
            W: The table, Variable or array, shape (in_size, out_size).
            ignore_label: Identifier whose vector is zero and is not trained; None for none.
        """
        in_size, out_size = W.shape
        return cls(in_size, out_size, as_array(W), ignore_label)

    def forward(self, x: Any) -> Variable:
        """Look up vectors.

        Args:
            x: Integers in [0, in_size), or `ignore_label`; any shape.

        Returns:
            Variable of the shape of `x` with one more axis, of length `out_size`.
        """
        return functions.embed_id(x, self.W, ignore_label=self.ignore_label)
