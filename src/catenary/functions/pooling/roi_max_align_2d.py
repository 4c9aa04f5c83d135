"""Maxima of samples between the pixels of regions of an image."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions.pooling._regions import aligned
from catenary.variable import Variable

__all__ = ["roi_max_align_2d"]


def _greatest(samples: torch.Tensor, inside: torch.Tensor) -> torch.Tensor:
    return samples.where(inside, -torch.inf).max(-1)[0]


def roi_max_align_2d(
    x: Any,
    rois: Any,
    roi_indices: Any,
    outsize: Any,
    spatial_scale: float,
    sampling_ratio: Any = None,
) -> Variable:
    """Return the maxima of samples between pixels over the parts of regions.

    Samples are interpolated. The maximum is −∞ where a part lies outside the image.

    Args:
        x: Images, Variable or array, floating, shape (batch, channel, height, width).
        rois: Regions of the dtype of `x`, shape (region, 4): top, left, bottom and right. There is
            no gradient for them.
        roi_indices: Number of each region's image, int32, shape (region,).
        outsize: Number of parts, an int or (from top to bottom, from left to right).
        spatial_scale: Factor from the regions' units to pixels of `x`.
        sampling_ratio: Number of samples along each axis of a part, an int or a pair; None for
            the length of a part in pixels, rounded up.

    Returns:
        Variable of shape (region, channel, *outsize).

    Raises:
        TypeError: `outsize`, `spatial_scale` or `sampling_ratio` is not positive.
    """
    inputs = (x, rois, roi_indices)
    return aligned("ROIMaxAlign2D", inputs, outsize, spatial_scale, sampling_ratio, _greatest)
