"""Pixels gathered into channels."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["space2depth"]


def space2depth(X: Any, r: int) -> Variable:
    """Return images r times less high and wide, with r² times the channels.

    The inverse of :func:`catenary.functions.depth2space`.

    Args:
        X: Variable or array, floating, shape (batch, channel, r height, r width).
        r: Factor.
    """

    def check(label: str, x: torch.Tensor) -> None:
        floating(label, x)
        if x.ndim != 4 or x.shape[2] % r or x.shape[3] % r:
            reject(label, f"x (batch, channel, height, width), {r} dividing height and width", x)

    def gathered(x: torch.Tensor) -> torch.Tensor:
        batch, depth, height, width = x.shape
        blocks = x.reshape(batch, depth, height // r, r, width // r, r)
        shape = (batch, depth * r * r, height // r, width // r)
        return blocks.permute(0, 3, 5, 1, 2, 4).reshape(shape)

    return apply("Space2Depth", gathered, X, check=check)
