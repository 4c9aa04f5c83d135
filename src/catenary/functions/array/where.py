"""A choice between two arrays."""

from __future__ import annotations

from typing import Any

import numpy
import torch

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
    chosen = as_array(condition)
    if not isinstance(chosen, torch.Tensor):
        chosen = numpy.asarray(chosen) if numpy.isscalar(chosen) else chosen
    return apply("Where", torch.where, chosen, x, y, check=_check)
