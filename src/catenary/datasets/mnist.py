"""MNIST: handwritten digits."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary.dataset.download import Remote
from catenary.datasets._mnist_helper import Files, get_mnist_like

__all__ = ["get_mnist"]

_URL = "http://yann.lecun.com/exdb/mnist/"  # Chainer's; the files have left it
_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    _URL,
)


def _remote(name: str, md5: str) -> Remote:
    return Remote(_URL + name, md5, tuple(mirror + name for mirror in _MIRRORS))


_FILES: Files = {
    "train": (
        _remote("train-images-idx3-ubyte.gz", "f68b3c2dcbeaaa9fbdd348bbdeb94873"),
        _remote("train-labels-idx1-ubyte.gz", "d53e105ee54ea40749a09fcbcd1e9432"),
    ),
    "test": (
        _remote("t10k-images-idx3-ubyte.gz", "9fb629c4189551a2d022fa330f9573f3"),
        _remote("t10k-labels-idx1-ubyte.gz", "ec29112dd5afa0611ce80d1b7f02629c"),
    ),
}


def get_mnist(
    withlabel: bool = True,
    ndim: int = 1,
    scale: float = 1.0,
    dtype: Any = None,
    label_dtype: Any = np.int32,
    rgb_format: bool = False,
) -> tuple[Any, Any]:
    """Return 70,000 images of handwritten digits, 28 x 28 grey values each.

    The 60,000 training and 10,000 test images of Y. LeCun, C. Cortes and C. Burges.
    They are downloaded at the first call and kept in Chainer's cache
    (:mod:`catenary.dataset.download`).

    Args:
        withlabel: Whether examples are pairs of image and digit, or images alone.
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
        "pfnet/chainer/mnist", _FILES, withlabel, ndim, scale, dtype, label_dtype, rgb_format
    )
