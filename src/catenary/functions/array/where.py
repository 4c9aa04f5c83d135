"""A choice between two arrays."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.functions._apply import apply, reject
from catenary.variable import Variable, as_array

__all__ = ["where"]


def _check(label: str, condition: torch.Tensor, x: torch.Tensor, y: torch.Tensor) -> None:
    if condition.dtype != torch.bool:
        reject(label, "a boolean condition", condition)
    if x.dtype != y.dtype:
        reject(label, "one dtype", x, y)


def where(condition: Any, x: Any, y: Any) -> Variable:
    """Return `x` where `condition` holds and `y` elsewhere, broadcast against each other.

    Args:
        condition: Variable or array of booleans, or a bool.
        x: Variable or array.
        y: Variable or array of the same dtype.
    """
    condition = as_array(condition)
    if numpy.isscalar(condition):
        condition = numpy.asarray(condition)
    chosen = tensor_of(condition)

    def check(label: str, *operands: torch.Tensor) -> None:
        _check(label, chosen, *operands)

    return apply("Where", lambda a, b: torch.where(tensor_of(condition), a, b), x, y, check=check)
