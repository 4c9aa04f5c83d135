"""Logarithm of softmax."""

from __future__ import annotations

from typing import Any

import torch

from catenary.config import using_config
from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["log_softmax"]


def log_softmax(x: Any, axis: int = 1) -> Variable:
    """Return x − log Σ exp(x) along an axis, computed without overflow.

    Args:
        x: Variable or array, floating.
        axis: Axis along which the exponentials of the result sum to 1.

    Returns:
        Variable of the shape of `x`.
    """

    def normalized(x: torch.Tensor) -> torch.Tensor:
        return torch.log_softmax(x, axis)

    return apply("LogSoftmax", normalized, x, check=floating)


def _log_softmax(x: Any, axis: int = 1) -> Any:
    """Return the logarithm of softmax of an array as an array; programs import it for that."""
    with using_config("enable_backprop", False):
        return log_softmax(x, axis).array
