"""The format that MNIST and its relatives share: files of bytes, gzipped, behind a short head."""

from __future__ import annotations

import gzip
import math
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catenary.config import config
from catenary.dataset.download import (
    Remote,
    cache_or_load_file,
    fetch,
    get_dataset_directory,
)
from catenary.datasets.tuple_dataset import TupleDataset
from catenary.errors import DownloadError

__all__ = ["Files", "get_mnist_like", "make_npz", "preprocess_mnist"]

# Names of the files, for each part: images, labels.
Files = dict[str, tuple[Remote, Remote]]

_SHAPES = {1: (784,), 2: (28, 28), 3: (1, 28, 28)}


def get_mnist_like(
    directory: str,
    files: Files,
    withlabel: bool,
    ndim: int,
    scale: float,
    dtype: Any,
    label_dtype: Any,
    rgb_format: bool,
) -> tuple[Any, Any]:
    """Return training and test set, downloaded if need be.

    Args:
        directory: Name of the dataset's directory in the cache.
        files: What to download for ``"train"`` and ``"test"``.
        withlabel: Whether examples are pairs of image and label, or images alone.
        ndim: 1, 2 or 3.
        scale: Value of white.
        dtype: Of the images; None for ``config.dtype``.
        label_dtype: Of the labels.
        rgb_format: Whether images of 3 axes have three equal channels.
    """
    _check_ndim(ndim)
    dtype = config.dtype if dtype is None else dtype
    home = Path(get_dataset_directory(directory))
    parts = []
    for name in ("train", "test"):
        path = str(home / f"{name}.npz")
        raw = cache_or_load_file(path, lambda p, n=name: make_npz(p, files[n]), _load)  # type: ignore[misc]
        parts.append(preprocess_mnist(raw, withlabel, ndim, scale, dtype, label_dtype, rgb_format))
    return parts[0], parts[1]


def _load(path: str) -> dict[str, np.ndarray[Any, Any]]:
    with np.load(path) as stored:
        return {"x": stored["x"], "y": stored["y"]}


def make_npz(path: str, urls: Sequence[str | Remote]) -> dict[str, np.ndarray[Any, Any]]:
    """Download images and labels, and save them as one npz file.

    Args:
        path: The file to write.
        urls: URLs of the images and of the labels, in MNIST's format.

    Returns:
        Images, shape (N, 784), as ``x``; labels, shape (N,), as ``y``; bytes both.

    Raises:
        DownloadError: If a file cannot be downloaded, or is no such file.
    """
    pixels, labels = (
        _read_idx(fetch(url if isinstance(url, Remote) else Remote(url))) for url in urls
    )
    if pixels.shape[1:] != (28, 28) or labels.shape != pixels.shape[:1]:
        raise DownloadError(
            f"images of shape {pixels.shape} and labels of shape {labels.shape} are no pair of "
            "MNIST's files; remove both from the cache and try again"
        )
    arrays = {"x": pixels.reshape(-1, 784), "y": labels}
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    return arrays


def _read_idx(path: str) -> np.ndarray[Any, Any]:
    with gzip.open(path) as file:
        try:
            content = file.read()
        except (OSError, EOFError) as error:
            raise DownloadError(f"{path} is damaged ({error}); remove it and try again") from error
    axes = content[3] if content[:3] == b"\0\0\x08" else 0
    shape = struct.unpack(f">{axes}i", content[4 : 4 + 4 * axes]) if axes else (-1,)
    if len(content) != 4 + 4 * axes + math.prod(shape):
        raise DownloadError(f"{path} is not in MNIST's format; remove it and try again")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


def preprocess_mnist(
    raw: Any,
    withlabel: bool,
    ndim: int,
    scale: float,
    image_dtype: Any,
    label_dtype: Any,
    rgb_format: bool,
) -> Any:
    """Return a dataset made of raw bytes.

    Args:
        raw: Images ``x``, shape (N, 784), and labels ``y``, shape (N,).
        withlabel: Whether examples are pairs of image and label, or images alone.
        ndim: 1 for images of shape (784,), 2 for (28, 28), 3 for (1, 28, 28).
        scale: Value of white.
        image_dtype: Of the images.
        label_dtype: Of the labels.
        rgb_format: Whether images of 3 axes have three equal channels.

    Raises:
        ValueError: If `ndim` is not 1, 2 or 3.
    """
    _check_ndim(ndim)
    images = raw["x"].reshape(-1, *_SHAPES[ndim])
    if ndim == 3 and rgb_format:
        images = np.broadcast_to(images, (len(images), 3, 28, 28))
    images = images.astype(image_dtype)
    images *= scale / 255.0
    return TupleDataset(images, raw["y"].astype(label_dtype)) if withlabel else images


def _check_ndim(ndim: int) -> None:
    if ndim not in _SHAPES:
        raise ValueError(f"ndim is {ndim!r}; these images come with 1, 2 or 3 axes")
