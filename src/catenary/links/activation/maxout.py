"""Maxout: the greatest of several linear maps."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary import backend, functions
from catenary.link import Chain
from catenary.links.connection.linear import Linear
from catenary.variable import Variable

__all__ = ["Maxout"]


class Maxout(Chain):
    """Maximum of `pool_size` affine maps for each unit.

    Args:
        in_size: Length of an input; None to take it from the first input.
        out_size: Number of units.
        pool_size: Maps for each unit.
        initialW: Initializer of the weight, a number, or an array of shape
            (out_size, pool_size, in_size).
        initial_bias: Initializer of the bias, a number, an array of shape (out_size, pool_size),
            or None for no bias.

    Raises:
        ValueError: If an array has another number of axes.
    """

    def __init__(
        self,
        in_size: int | None,
        out_size: int,
        pool_size: int,
        initialW: Any = None,
        initial_bias: Any = 0,
    ) -> None:
        super().__init__()
        self.out_size = out_size
        self.pool_size = pool_size
        maps = out_size * pool_size
        weight = _flattened("initialW", initialW, 3, (maps, -1))
        bias = _flattened("initial_bias", initial_bias, 2, (maps,))
        with self.init_scope():
            self.linear = Linear(in_size, maps, initial_bias is None, weight, bias)

    def forward(self, x: Any) -> Variable:
        """Return a Variable of shape (batch, out_size)."""
        return functions.maxout(self.linear(x), self.pool_size)


def _flattened(name: str, initial: Any, axes: int, shape: tuple[int, ...]) -> Any:
    """Return an array in the shape that Linear has, and anything else as it is."""
    if np.isscalar(initial) or not isinstance(initial, backend.get_array_types()):
        return initial
    array: Any = initial
    if array.ndim != axes:
        raise ValueError(f"{name} needs {axes} axes, got shape {array.shape}")
    return array.reshape(shape)
