"""A linear map that loses weights at random."""

from __future__ import annotations

import math
from typing import Any

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable, as_array

__all__ = ["simplified_dropconnect"]


def simplified_dropconnect(
    x: Any,
    W: Any,
    b: Any = None,
    ratio: float = 0.5,
    train: bool = True,
    mask: Any = None,
    use_batchwise_mask: bool = True,
) -> Variable:
    """Return x Wᵀ + b with weights zeroed at random and the others scaled by 1 / (1 − ratio).

    Args:
        x: Variable or array, floating; its axes after the first count as one.
        W: Weight, shape (out, in).
        b: Bias, shape (out,), or None.
        ratio: Share of weights to drop, in [0, 1).
        train: Whether to drop; a mask that drops nothing is drawn if not.
        mask: Array of booleans to multiply the weights by instead of a drawn one, of shape
            (batch, out, in), or (out, in) without `use_batchwise_mask`; drawn from NumPy's global
            generator by default.
        use_batchwise_mask: Whether each sample has a mask of its own.

    Raises:
        InvalidType: The shapes do not fit.
    """
    ratio = ratio if train else 0.0
    given = None if mask is None else as_array(mask)
    kept = [given]

    def check(label: str, x: torch.Tensor, W: torch.Tensor, *b: torch.Tensor) -> None:
        floating(label, x, W)
        if x.ndim < 2 or W.ndim != 2 or math.prod(x.shape[1:]) != W.shape[1]:
            reject(label, "x (batch, in) and W (out, in)", x, W)
        if any(bias.shape != W.shape[:1] or bias.dtype != x.dtype for bias in b):
            reject(label, "b (out,) of the dtype of x", x, W, *b)
        shape = _masked(x, W, use_batchwise_mask)
        if given is not None and tuple(given.shape) != shape:
            reject(label, f"a mask of shape {shape}", x, W)

    def connect(x: torch.Tensor, W: torch.Tensor, *b: torch.Tensor) -> torch.Tensor:
        if kept[0] is None:
            kept[0] = numpy.random.rand(*_masked(x, W, use_batchwise_mask)) >= ratio
        weights = W * (1.0 / (1 - ratio)) * tensor_of(kept[0]).to(x.device)
        y = (weights @ x.flatten(1)[:, :, None].to(W.dtype)).squeeze(2).to(x.dtype)
        return y + b[0] if b else y

    inputs = (x, W) if b is None else (x, W, b)
    return apply("SimplifiedDropconnect", connect, *inputs, check=check)


def _masked(x: torch.Tensor, W: torch.Tensor, use_batchwise_mask: bool) -> tuple[int, ...]:
    """Return the shape of a mask."""
    return (len(x), *W.shape) if use_batchwise_mask else tuple(W.shape)
