"""Pixels from given places."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["spatial_transformer_sampler"]


def _check(label: str, x: torch.Tensor, grid: torch.Tensor) -> None:
    floating(label, x, grid)
    fits = x.ndim == grid.ndim == 4 and len(x) == len(grid) and grid.shape[1] == 2
    if not fits or x.dtype != grid.dtype:
        reject(label, "x (batch, channel, h, w) and grid (batch, 2, h', w') of one dtype", x, grid)


def _sampled(x: torch.Tensor, grid: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.grid_sample(x, grid.permute(0, 2, 3, 1), align_corners=True)


def spatial_transformer_sampler(x: Any, grid: Any) -> Variable:
    """Return pixels interpolated bilinearly at given places; outside the image there are zeros.

    Args:
        x: Variable or array, floating, images of shape (batch, channel, h, w).
        grid: Places of shape (batch, 2, h', w') in [−1, 1]: x, then y.

    Returns:
        Variable of shape (batch, channel, h', w').
    """
    return apply("SpatialTransformerSampler", _sampled, x, grid, check=_check)
