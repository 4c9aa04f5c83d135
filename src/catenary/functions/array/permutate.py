"""Another order along an axis."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.functions._apply import apply, reject
from catenary.variable import Variable, as_array

__all__ = ["permutate"]


def permutate(x: Any, indices: Any, axis: int = 0, inv: bool = False) -> Variable:
    """Return ``y[i] = x[indices[i]]`` along an axis; with `inv`, ``y[indices[i]] = x[i]``.

    Args:
        x: Variable or array.
        indices: Array of ints, each of 0, 1, ... once.
        axis: Axis to reorder.
        inv: Whether to undo the order instead.

    Raises:
        InvalidType: `indices` does not fit the axis.
        ValueError: They are no such ints.

    Differs:
        Chainer looks at `indices` in debug mode only, and takes no negative axis.
    """
    order = numpy.asarray(as_array(indices))

    def check(label: str, x: torch.Tensor) -> None:
        if not -x.ndim <= axis < x.ndim or order.shape != (x.shape[axis],):
            reject(label, f"{order.size} values along axis {axis}", x)
        if order.dtype.kind != "i" or not numpy.array_equal(
            numpy.sort(order), numpy.arange(order.size)
        ):
            raise ValueError(f"indices must hold each of 0 to {order.size - 1} once, got {order}")

    def ordered(x: torch.Tensor) -> torch.Tensor:
        places = numpy.argsort(order) if inv else order.astype(numpy.int64)
        return x.index_select(axis, tensor_of(places).to(x.device))

    return apply("Permutate", ordered, x, check=check)
