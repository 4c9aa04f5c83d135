"""Channels spread over pixels."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["depth2space"]


def depth2space(X: Any, r: int) -> Variable:
    """Return images r times as high and wide, with r² times fewer channels.

    Channel ``(i r + j) C + c`` becomes channel c at row i and column j of each block, where C is
    the number of channels of the result.

    Args:
        X: Variable or array, floating, shape (batch, r² C, height, width).
        r: Factor.
    """

    def check(label: str, x: torch.Tensor) -> None:
        floating(label, x)
        if x.ndim != 4 or x.shape[1] % (r * r):
            reject(label, f"x (batch, channel, height, width), {r * r} dividing channel", x)

    def spread(x: torch.Tensor) -> torch.Tensor:
        batch, depth, height, width = x.shape
        blocks = x.reshape(batch, r, r, depth // (r * r), height, width)
        shape = (batch, depth // (r * r), height * r, width * r)
        return blocks.permute(0, 3, 4, 1, 5, 2).reshape(shape)

    return apply("Depth2Space", spread, X, check=check)
