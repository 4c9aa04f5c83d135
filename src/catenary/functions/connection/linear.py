"""Linear map."""

from __future__ import annotations

import math
from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions.array.reshape import reshape
from catenary.variable import Variable

__all__ = ["linear"]


def _check(label: str, x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> None:
    floating(label, x, W)
    if x.ndim != 2 or W.ndim != 2 or x.shape[1] != W.shape[1]:
        reject(label, "x of shape (batch, in) and W of shape (out, in)", x, W)
    if b is not None and (b.dtype != x.dtype or tuple(b.shape) != (W.shape[0],)):
        reject(label, f"b of shape ({W.shape[0]},) and the dtype of x", x, W, b)


def _map(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
    if x.dtype == W.dtype:
        return torch.nn.functional.linear(x, W, b)
    wide = torch.promote_types(x.dtype, W.dtype)
    y = torch.nn.functional.linear(x.to(wide), W.to(wide)).to(x.dtype)
    return y if b is None else y + b


def linear(x: Any, W: Any, b: Any = None, n_batch_axes: int = 1) -> Variable:
    """Return x · Wᵀ + b, in the dtype of `x`.

    Args:
        x: Variable or array, floating; the axes after the batch axes are taken as one.
        W: Weights, shape (out, in).
        b: Bias, shape (out,), or None.
        n_batch_axes: How many leading axes of `x` count samples, at least 1.

    Raises:
        ValueError: `n_batch_axes` is below 1.
        InvalidType: The shapes do not fit.
    """
    if n_batch_axes < 1:
        raise ValueError(f"n_batch_axes must be at least 1, got {n_batch_axes}")
    shape = tuple(x.shape)
    batch = shape[:n_batch_axes]
    if n_batch_axes > 1 or len(shape) > 2:
        x = reshape(x, (math.prod(batch), math.prod(shape[n_batch_axes:])))
    inputs = (x, W) if b is None else (x, W, b)
    y = apply("LinearFunction", _map, *inputs, check=_check)
    return reshape(y, (*batch, -1)) if n_batch_axes > 1 else y
