"""SimplifiedDropconnect: a linear layer that loses weights at random."""

from __future__ import annotations

import math
from typing import Any

from catenary import functions, initializers
from catenary.link import Link
from catenary.variable import Parameter, Variable

__all__ = ["SimplifiedDropconnect"]


class SimplifiedDropconnect(Link):
    """Linear layer under :func:`~catenary.functions.simplified_dropconnect`.

    Args:
        in_size: Length of an input; None to take it from the first input.
        out_size: Length of an output.
        ratio: Share of weights to drop, in [0, 1).
        nobias: Whether to do without `b`.
        initialW: Initializer of `W`, an array, or a number; HeNormal with scale 1 / √2 by default.
        initial_bias: Initializer of `b`, an array, or a number; 0 by default.

    Attributes:
        W: Weight, shape (out_size, in_size).
        b: Bias, shape (out_size,); None with `nobias`.
        mask: The first mask given to a call (persistent), if any.
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int,
        ratio: float = 0.5,
        nobias: bool = False,
        initialW: Any = None,
        initial_bias: Any = None,
    ) -> None:
        super().__init__()
        self.out_size = out_size
        self.ratio = ratio
        weight = initializers.HeNormal(1 / math.sqrt(2)) if initialW is None else initialW
        self.b: Any = None
        with self.init_scope():
            self.W = Parameter(initializers._get_initializer(weight))
            if in_size is not None:
                self.W.initialize((out_size, in_size))
            if not nobias:
                bias = 0 if initial_bias is None else initial_bias
                self.b = Parameter(initializers._get_initializer(bias), out_size)

    def forward(
        self, x: Any, train: bool = True, mask: Any = None, use_batchwise_mask: bool = True
    ) -> Variable:
        """Return vectors of shape (batch, out_size).

        Args:
            x: Batch; its axes after the first count as one.
            train: Whether to drop weights.
            mask: Mask to take instead of drawing one.
            use_batchwise_mask: Whether each sample has a mask of its own.
        """
        if not self.W.is_initialized:
            self.W.initialize((self.out_size, math.prod(x.shape[1:])))
        if mask is not None and "mask" not in vars(self):
            self.add_persistent("mask", mask)
        return functions.simplified_dropconnect(
            x, self.W, self.b, self.ratio, train, mask, use_batchwise_mask
        )
