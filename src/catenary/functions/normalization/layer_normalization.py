"""Layer normalization."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["layer_normalization"]


def _check(label: str, x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> None:
    floating(label, x)
    fits = x.ndim == 2 and gamma.shape == beta.shape == x.shape[1:]
    if not fits or gamma.dtype != x.dtype or beta.dtype != x.dtype:
        reject(label, "x (batch, size), gamma and beta (size,), all of one dtype", x, gamma, beta)


def layer_normalization(x: Any, gamma: Any, beta: Any, eps: float = 1e-5) -> Variable:
    """Return γ · (x − mean) / √(var + ε) + β with the mean and variance of each sample.

    Args:
        x: Variable or array, floating, shape (batch, size).
        gamma: Scale, shape (size,).
        beta: Shift, shape (size,).
        eps: ε, added to the variance.
    """

    def normalized(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.layer_norm(x, gamma.shape, gamma, beta, eps)

    return apply("LayerNormalization", normalized, x, gamma, beta, check=_check)
