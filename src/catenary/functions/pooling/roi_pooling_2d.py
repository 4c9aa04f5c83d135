"""Maxima over the parts of regions of an image."""

from __future__ import annotations

import math
from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["parts", "roi_pooling_2d"]


def _check(label: str, x: torch.Tensor, rois: torch.Tensor) -> None:
    floating(label, x)
    if x.ndim != 4 or rois.ndim != 2 or rois.shape[1] != 5 or x.dtype != rois.dtype:
        reject(label, "x (batch, channel, h, w) and rois (region, 5) of one dtype", x, rois)


def parts(first: int, last: int, count: int, limit: int) -> list[tuple[int, int]]:
    """Return the first place of each part of a region, and the place after its last."""
    length = max(last - first + 1, 1) / count
    return [
        (
            min(max(math.floor(i * length) + first, 0), limit),
            min(max(math.ceil((i + 1) * length) + first, 0), limit),
        )
        for i in range(count)
    ]


def roi_pooling_2d(x: Any, rois: Any, outh: int, outw: int, spatial_scale: float) -> Variable:
    """Return the maxima over the parts of regions; 0 where a part is outside the image.

    Args:
        x: Variable or array, floating, shape (batch, channel, height, width).
        rois: Regions of the dtype of `x`, shape (region, 5): number of the image, left, top, right
            and bottom, both ends inside. There is no gradient for them.
        outh: Number of parts from top to bottom.
        outw: Number of parts from left to right.
        spatial_scale: Factor from the regions' units to pixels of `x`.

    Returns:
        Variable of shape (region, channel, outh, outw).
    """

    def pooled(x: torch.Tensor, rois: torch.Tensor) -> torch.Tensor:
        found = []
        for number, *edges in rois.detach().tolist():
            left, top, right, bottom = (round(edge * spatial_scale) for edge in edges)
            image = x[int(number)]
            for up, down in parts(top, bottom, outh, x.shape[2]):
                for start, end in parts(left, right, outw, x.shape[3]):
                    part = image[:, up:down, start:end].flatten(1)
                    found.append(part.max(1)[0] if part.shape[1] else image.new_zeros(len(image)))
        if not found:
            return x.new_zeros((0, x.shape[1], outh, outw))
        return torch.stack(found).reshape(len(rois), outh, outw, -1).permute(0, 3, 1, 2)

    return apply("ROIPooling2D", pooled, x, rois, check=_check)
