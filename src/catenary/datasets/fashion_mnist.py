"""Fashion-MNIST: articles of clothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary.dataset.download import Remote
from catenary.datasets._mnist_helper import Files, get_mnist_like

__all__ = ["get_fashion_mnist", "get_fashion_mnist_labels"]

_URL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
_MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    _URL,
)
_LABELS = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)


def _remote(name: str, md5: str) -> Remote:
    return Remote(_URL + name, md5, tuple(mirror + name for mirror in _MIRRORS))


_FILES: Files = {
    "train": (
        _remote("train-images-idx3-ubyte.gz", "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
        _remote("train-labels-idx1-ubyte.gz", "25c81989df183df01b3e8a0aad5dffbe"),
    ),
    "test": (
        _remote("t10k-images-idx3-ubyte.gz", "bef4ecab320f06d8554ea6380940ec79"),
        _remote("t10k-labels-idx1-ubyte.gz", "bb300cfdad3c16e7a12a480ee83cd310"),
    ),
}


def get_fashion_mnist(
    withlabel: bool = True,
    ndim: int = 1,
    scale: float = 1.0,
    dtype: Any = None,
    label_dtype: Any = np.int32,
    rgb_format: bool = False,
) -> tuple[Any, Any]:
    """Return 70,000 images of articles of clothing, 28 x 28 grey values each.

    The 60,000 training and 10,000 test images of Zalando Research.
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
        "pfnet/chainer/fashion-mnist",
        _FILES,
        withlabel,
        ndim,
        scale,
        dtype,
        label_dtype,
        rgb_format,
    )


def get_fashion_mnist_labels() -> list[str]:
    """Return what the ten labels mean."""
    return list(_LABELS)
