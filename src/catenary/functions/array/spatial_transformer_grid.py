"""Where an affine map looks for each pixel."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["spatial_transformer_grid"]


def _check(label: str, theta: torch.Tensor) -> None:
    floating(label, theta)
    if theta.ndim != 3 or tuple(theta.shape[1:]) != (2, 3):
        reject(label, "theta of shape (batch, 2, 3)", theta)


def spatial_transformer_grid(theta: Any, output_shape: Any) -> Variable:
    """Return the places that pixels come from: theta · (x, y, 1), the image being [−1, 1]².

    Args:
        theta: Variable or array, floating, affine maps of shape (batch, 2, 3).
        output_shape: Height and width of the result.

    Returns:
        Variable of shape (batch, 2, height, width): x, then y.
    """
    height, width = output_shape

    def grid(theta: torch.Tensor) -> torch.Tensor:
        size = [len(theta), 1, height, width]
        places = torch.nn.functional.affine_grid(theta, size, align_corners=True)
        return places.permute(0, 3, 1, 2)

    return apply("SpatialTransformerGrid", grid, theta, check=_check)
