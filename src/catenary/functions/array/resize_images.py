"""Images of another size."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["resize_images"]


def _check(label: str, x: torch.Tensor) -> None:
    floating(label, x)
    if x.ndim != 4:
        reject(label, "x of shape (batch, channel, height, width)", x)


def resize_images(
    x: Any, output_shape: Any, *, mode: str = "bilinear", align_corners: bool = True
) -> Variable:
    """Return images scaled to another height and width.

    Args:
        x: Variable or array, floating, shape (batch, channel, height, width).
        output_shape: Height and width of the result.
        mode: ``"bilinear"``, or ``"nearest"``, which takes the pixel above and to the left.
        align_corners: Whether the centres of the corner pixels stay in the corners (bilinear).

    Raises:
        ValueError: `mode` is neither.

    Differs:
        Any floating dtype, where Chainer takes float32 only.
    """
    if mode not in ("bilinear", "nearest"):
        raise ValueError(f"mode must be 'bilinear' or 'nearest', got {mode!r}")
    height, width = output_shape

    def resized(x: torch.Tensor) -> torch.Tensor:
        aligned = align_corners if mode == "bilinear" else None
        return torch.nn.functional.interpolate(
            x, (int(height), int(width)), mode=mode, align_corners=aligned
        )

    return apply("ResizeImages", resized, x, check=_check)
