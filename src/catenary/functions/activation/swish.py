"""Swish."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["swish"]


def _check(label: str, x: torch.Tensor, beta: torch.Tensor) -> None:
    floating(label, x)
    if x.dtype != beta.dtype or x.shape[1 : beta.ndim + 1] != beta.shape:
        reject(label, "beta of the dtype of x and the shape of its axes from axis 1 on", x, beta)


def _gated(x: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
    return x * torch.sigmoid(x * beta.reshape((1, *beta.shape, *[1] * (x.ndim - beta.ndim - 1))))


def swish(x: Any, beta: Any) -> Variable:
    """Return x · sigmoid(β x).

    Args:
        x: Variable or array, floating, axis 0 counting samples.
        beta: β, of the shape of the next axes of `x`.
    """
    return apply("Swish", _gated, x, beta, check=_check)
