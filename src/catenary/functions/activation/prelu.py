"""Leaky rectified linear unit whose slope is learned."""

from __future__ import annotations

import functools
from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["prelu"]


def _check(label: str, x: torch.Tensor, W: torch.Tensor) -> None:
    floating(label, x)
    if x.dtype != W.dtype or x.ndim <= W.ndim or x.shape[1 : W.ndim + 1] != W.shape:
        reject(label, "W of the dtype of x and the shape of its axes from axis 1 on", x, W)


@functools.cache
def _below_zero(dtype: torch.dtype) -> float:
    """Return the number next to 0 on the negative side."""
    return -torch.finfo(dtype).tiny * torch.finfo(dtype).eps


def _leak(x: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
    places = x.ndim - W.ndim - 1
    slopes = W.reshape((*W.shape, *[1] * places)) if W.ndim and places else W
    # What `where(x >= 0, x, x * slopes)` gives, gradient at 0 included; torch computes `where` one
    # by one, and these in vectors.
    kept = torch.threshold(x, _below_zero(x.dtype), 0)
    return torch.addcmul(kept, slopes, torch.relu(-x), value=-1)


def prelu(x: Any, W: Any) -> Variable:
    """Return x where x ≥ 0 and W · x elsewhere.

    Args:
        x: Variable or array, floating, axis 0 counting samples.
        W: Slopes, of the shape of the next axes of `x`.
    """
    return apply("PReLUFunction", _leak, x, W, check=_check)
