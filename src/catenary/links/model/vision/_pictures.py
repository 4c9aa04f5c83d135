"""Pictures made ready for vision models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from catenary.config import config

__all__ = ["prepared"]


def prepared(image: Any, size: tuple[int, int] | None, mean: Sequence[float]) -> Any:
    """Return a picture as a model takes it: channels first, blue before red, less a mean.

    Args:
        image: A picture of Pillow, or an array of 0 to 255: (height, width), (height, width, 3) or
            (1 or 3, height, width); red before blue.
        size: Width and height to resize to; None not to.
        mean: Mean of blue, green and red.

    Returns:
        Array of shape (3, height, width), in `config.dtype`.

    Raises:
        ImportError: Pillow is missing.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError("pictures are prepared with Pillow: pip install pillow") from error
    if isinstance(image, np.ndarray):
        if image.ndim == 3 and image.shape[0] == 1:
            image = image[0]
        elif image.ndim == 3 and image.shape[0] == 3:
            image = image.transpose((1, 2, 0))
        image = Image.fromarray(image.astype(np.uint8))
    image = image.convert("RGB")
    if size:
        image = image.resize(size)
    dtype = np.dtype(config.dtype)
    pixels = np.asarray(image, dtype=dtype)[:, :, ::-1] - np.array(mean, dtype=dtype)
    return pixels.transpose((2, 0, 1))
