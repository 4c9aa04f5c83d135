"""Linear map."""

from __future__ import annotations

import math
from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.functions.array.reshape import reshape
from catenary.variable import Variable

__all__ = ["linear"]

_torch_linear = torch.nn.functional.linear


def _check(label: str, x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> None:
    """Refuse what torch would take; it refuses sizes that do not fit by itself."""
    if not x.ndim == 2 == W.ndim:
        reject(label, "x of shape (batch, in) and W of shape (out, in)", x, W)
    dtype = x.dtype
    if not (dtype.is_floating_point and W.dtype.is_floating_point):
        reject(label, "floating dtypes (cast with astype)", x, W)
    if b is not None and (b.dtype != dtype or b.shape != (W.shape[0],)):
        wanted = f"b of shape ({W.shape[0]},) and the dtype of x"
        reject(label, wanted + " (cast x with astype)" * (b.dtype != dtype), x, W, b)


def _mixed(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
    wide = torch.promote_types(x.dtype, W.dtype)
    y = _torch_linear(x.to(wide), W.to(wide)).to(x.dtype)
    return y if b is None else y + b


def _map(x: torch.Tensor, W: torch.Tensor, b: torch.Tensor | None = None) -> torch.Tensor:
    return _torch_linear(x, W, b) if x.dtype is W.dtype else _mixed(x, W, b)


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
    if n_batch_axes == 1 and x.ndim <= 2:
        if b is None:
            return apply("LinearFunction", _map, x, W, check=_check)
        return apply("LinearFunction", _map, x, W, b, check=_check)
    if n_batch_axes < 1:
        raise ValueError(f"n_batch_axes must be at least 1, got {n_batch_axes}")
    shape = tuple(x.shape)
    batch, rest = shape[:n_batch_axes], shape[n_batch_axes:]
    y = linear(reshape(x, (math.prod(batch), math.prod(rest))), W, b)
    return reshape(y, (*batch, -1)) if n_batch_axes > 1 else y
