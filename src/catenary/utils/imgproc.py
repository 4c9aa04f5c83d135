"""Crops of images."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["oversample"]


def oversample(images: Any, crop_dims: tuple[int, int]) -> Any:
    """Return ten crops of each image: the corners, the center, and the mirror images of these.

    Args:
        images: Arrays of shape (channel, height, width).
        crop_dims: Height and width of a crop.

    Returns:
        Array of shape (10 · images, channel, *crop_dims).
    """
    rows, columns = crop_dims
    down, right = images[0].shape[1] - rows, images[0].shape[2] - columns
    corners = [(0, 0), (0, right), (down, 0), (down, right)]
    center = (int(down / 2), int(right / 2))
    made = []
    for image in images:
        crops = [image[:, y : y + rows, x : x + columns] for y, x in (*corners, center)]
        made += [*crops, *(crop[:, :, ::-1] for crop in crops)]
    return np.stack(made)
