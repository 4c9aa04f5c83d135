"""Local response normalization."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["local_response_normalization"]


def _check(label: str, x: torch.Tensor) -> None:
    floating(label, x)
    if x.ndim < 2:
        reject(label, "x of shape (batch, channel, ...)", x)


def local_response_normalization(
    x: Any, n: int = 5, k: float = 2, alpha: float = 1e-4, beta: float = 0.75
) -> Variable:
    """Return x / (k + α Σ x²)^β, summing over the n channels around each.

    Args:
        x: Variable or array, floating, shape (batch, channel, ...).
        n: Number of channels to sum over, odd (an even n counts one more).
        k: Floor of the denominator.
        alpha: α.
        beta: β.
    """

    def normalized(x: torch.Tensor) -> torch.Tensor:
        half = n // 2
        border = [0, 0] * (x.ndim - 2) + [half, half]
        squares = torch.nn.functional.pad(x.square(), border)
        near = squares.unfold(1, 2 * half + 1, 1).sum(-1)
        return x * (k + alpha * near) ** -beta

    return apply("LocalResponseNormalization", normalized, x, check=_check)
