"""Scale: a learned factor along some axes."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.link import Chain
from catenary.links.connection.bias import Bias
from catenary.variable import Parameter, Variable

__all__ = ["Scale"]


class Scale(Chain):
    """Product of the input and `W`, whose axes are those of the input from `axis` on.

    Args:
        axis: First axis of the input that `W` has.
        W_shape: Shape of `W`, which starts at 1; None for a link without `W`, which takes it as a
            second input.
        bias_term: Whether to add a :class:`Bias`.
        bias_shape: Its shape where there is no `W`.

    Raises:
        ValueError: If the bias has no shape.

    Attributes:
        W: The factor; absent without `W_shape`.
        bias: The Bias; absent without `bias_term`.
    """

    def __init__(
        self, axis: int = 1, W_shape: Any = None, bias_term: bool = False, bias_shape: Any = None
    ) -> None:
        super().__init__()
        self.axis = axis
        shape = bias_shape if W_shape is None else W_shape
        if bias_term and shape is None:
            raise ValueError("Scale needs bias_shape where it has a bias and no W")
        with self.init_scope():
            if W_shape is not None:
                self.W = Parameter(1, W_shape)
            if bias_term:
                self.bias = Bias(axis, shape)

    def forward(self, *xs: Any) -> Variable:
        """Return x · W, plus the bias.

        Args:
            xs: The input, and the factor where the link has none.
        """
        x, factor = (*xs, self.W) if hasattr(self, "W") else xs
        y = functions.scale(x, factor, self.axis)
        return self.bias(y) if hasattr(self, "bias") else y
