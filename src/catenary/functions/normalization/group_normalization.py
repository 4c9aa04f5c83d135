"""Group normalization."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["group_normalization"]


def _check(label: str, x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> None:
    floating(label, x, gamma)
    fits = x.ndim >= 2 and gamma.shape == beta.shape == x.shape[1:2]
    if not fits or gamma.dtype != beta.dtype:
        reject(label, "x (batch, channel, ...), gamma and beta (channel,)", x, gamma, beta)


def group_normalization(x: Any, groups: int, gamma: Any, beta: Any, eps: float = 1e-5) -> Variable:
    """Return γ · (x − mean) / √(var + ε) + β with the mean and variance of groups of channels.

    Args:
        x: Variable or array, floating, shape (batch, channel, ...).
        groups: Number of groups, dividing the number of channels.
        gamma: Scale, shape (channel,).
        beta: Shift, shape (channel,).
        eps: ε, added to the variance.

    Raises:
        TypeError: `groups` is no int.
        ValueError: It does not divide the number of channels.
    """
    if not isinstance(groups, int):
        raise TypeError(f"groups must be an int, got {groups!r}")

    def normalized(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        if x.shape[1] % groups:
            raise ValueError(f"{x.shape[1]} channels cannot be divided into {groups} groups")
        wide = torch.promote_types(x.dtype, gamma.dtype)
        scale, shift = gamma.to(wide), beta.to(wide)
        return torch.nn.functional.group_norm(x.to(wide), groups, scale, shift, eps).to(x.dtype)

    return apply("GroupNormalization", normalized, x, gamma, beta, check=_check)
