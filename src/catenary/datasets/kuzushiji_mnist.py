"""Kuzushiji-MNIST: characters of cursive Japanese."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary.dataset.download import Remote
from catenary.datasets._mnist_helper import Files, get_mnist_like

__all__ = ["get_kuzushiji_mnist", "get_kuzushiji_mnist_labels"]

_URL = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"
_MIRRORS = ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/", _URL)
_LABELS = (
    ("o", "\u304a"),
    ("ki", "\u304d"),
    ("su", "\u3059"),
    ("tsu", "\u3064"),
    ("na", "\u306a"),
    ("ha", "\u306f"),
    ("ma", "\u307e"),
    ("ya", "\u3084"),
    ("re", "\u308c"),
    ("wo", "\u3092"),
)


def _remote(name: str, md5: str) -> Remote:
    return Remote(_URL + name, md5, tuple(mirror + name for mirror in _MIRRORS))


_FILES: Files = {
    "train": (
        _remote("train-images-idx3-ubyte.gz", "bdb82020997e1d708af4cf47b453dcf7"),
        _remote("train-labels-idx1-ubyte.gz", "e144d726b3acfaa3e44228e80efcd344"),
    ),
    "test": (
        _remote("t10k-images-idx3-ubyte.gz", "5c965bf0a639b31b8f53240b1b52f4d7"),
        _remote("t10k-labels-idx1-ubyte.gz", "7320c461ea6c1c855c0b718fb2a4b134"),
    ),
}


def get_kuzushiji_mnist(
    withlabel: bool = True,
    ndim: int = 1,
    scale: float = 1.0,
    dtype: Any = None,
    label_dtype: Any = np.int32,
    rgb_format: bool = False,
) -> tuple[Any, Any]:
    """Return 70,000 images of handwritten Japanese characters, 28 x 28 grey values each.

    The 60,000 training and 10,000 test images of the Center for Open Data in the Humanities.
    They are downloaded at the first call and kept in Chainer's cache
    (:mod:`catenary.dataset.download`).

    Args:
        withlabel: Whether examples are pairs of image and label, or images alone.
        ndim: 1 for images of shape (784,), 2 for (28, 28), 3 for (1, 28, 28).
        scale: Value of white; black is 0.
        dtype: Of the images; ``config.dtype`` by default.
        label_dtype: Of the labels.
        rgb_format: Whether images of 3 axes have three equal channels: shape (3, 28, 28).

    Returns:
        Training and test set: :class:`TupleDataset` objects, or arrays without labels.

    Raises:
        ValueError: If `ndim` is not 1, 2 or 3.
        DownloadError: If a file cannot be downloaded; the text says where to put it by hand.
    """
    return get_mnist_like(
        "pfnet/chainer/kuzushiji_mnist",
        _FILES,
        withlabel,
        ndim,
        scale,
        dtype,
        label_dtype,
        rgb_format,
    )


def get_kuzushiji_mnist_labels() -> list[tuple[str, str]]:
    """Return what the ten labels mean: each character in Latin letters, and itself."""
    return list(_LABELS)
