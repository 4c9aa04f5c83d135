"""Maxima over the parts of regions, each with the number of its image."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions.pooling._regions import pooled
from catenary.variable import Variable

__all__ = ["roi_max_pooling_2d"]


def _greatest(part: torch.Tensor) -> torch.Tensor:
    return part.max(1)[0]


def roi_max_pooling_2d(
    x: Any, rois: Any, roi_indices: Any, outsize: Any, spatial_scale: float
) -> Variable:
    """Return the maxima over the parts of regions; −∞ where a part is outside the image.

    Args:
        x: Images, Variable or array, floating, shape (batch, channel, height, width).
        rois: Regions of the dtype of `x`, shape (region, 4): top, left, bottom and right. There is
            no gradient for them.
        roi_indices: Number of each region's image, int32, shape (region,).
        outsize: Number of parts, an int or (from top to bottom, from left to right).
        spatial_scale: Factor from the regions' units to pixels of `x`.

    Returns:
        Variable of shape (region, channel, *outsize).

    Raises:
        TypeError: `outsize` or `spatial_scale` is not positive.
    """
    inputs = (x, rois, roi_indices)
    return pooled("ROIMaxPooling2D", inputs, outsize, spatial_scale, _greatest, -torch.inf)
