"""SVHN: house numbers photographed in the street."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from catenary.config import config
from catenary.dataset.download import Remote, cache_or_load_file, fetch, get_dataset_directory
from catenary.datasets.tuple_dataset import TupleDataset

__all__ = ["get_svhn"]

_MD5 = {
    "train": "e26dedcc434d2e4c54c9b2d4a06d8373",
    "test": "eb5a983be6a315427106f1b164d9cef3",
    "extra": "a93ce644f1a588dc4d68dda5feec44a7",
}
_PLACE = "://ufldl.stanford.edu/housenumbers/"
_REMOTES = {
    part: Remote(
        f"http{_PLACE}{part}_32x32.mat",
        md5,
        (f"https{_PLACE}{part}_32x32.mat", f"http{_PLACE}{part}_32x32.mat"),
    )
    for part, md5 in _MD5.items()
}
_TEN = 10  # the label of the digit 0 in the files


def get_svhn(
    withlabel: bool = True,
    scale: float = 1.0,
    dtype: Any = None,
    label_dtype: Any = np.int32,
    add_extra: bool = False,
) -> tuple[Any, ...]:
    """Return 99,289 photographs of digits from house numbers, 32 x 32 pixels in three colours each.

    The cropped digits of Y. Netzer et al.: 73,257 for training and 26,032 for testing. They are
    downloaded at the first call and kept in Chainer's cache (:mod:`catenary.dataset.download`).
    Reading them needs SciPy.

    Args:
        withlabel: Whether examples are pairs of image and digit, or images alone.
        scale: The largest value of a pixel; the smallest is 0.
        dtype: Of the images, shape (3, 32, 32); ``config.dtype`` by default.
        label_dtype: Of the digits.
        add_extra: Whether to return 531,131 easier images as a third set.

    Returns:
        Training and test set (and the extra one): :class:`TupleDataset` objects, or arrays without
        labels.

    Raises:
        RuntimeError: If SciPy is not installed.
        DownloadError: If a file cannot be downloaded; the text says where to put it by hand.
    """
    dtype = config.dtype if dtype is None else dtype
    home = Path(get_dataset_directory("pfnet/chainer/svhn"))
    parts = []
    for part in ("train", "test", "extra") if add_extra else ("train", "test"):
        path = str(home / f"{part}.npz")
        raw = cache_or_load_file(path, lambda p, n=part: _make_npz(p, n), _load)  # type: ignore[misc]
        images = raw["x"].transpose(3, 2, 0, 1).astype(dtype)
        images *= scale / 255.0
        labels = raw["y"].astype(label_dtype).ravel()
        labels[labels == _TEN] = 0
        parts.append(TupleDataset(images, labels) if withlabel else images)
    return tuple(parts)


def _load(path: str) -> dict[str, np.ndarray[Any, Any]]:
    with np.load(path) as stored:
        return {"x": stored["x"], "y": stored["y"]}


def _make_npz(path: str, part: str) -> dict[str, np.ndarray[Any, Any]]:
    try:
        from scipy.io import loadmat
    except ImportError as error:
        raise RuntimeError(
            f"SVHN comes as MATLAB files, which SciPy reads, and SciPy is not available ({error}): "
            "pip install catenary[svhn]"
        ) from error
    content = loadmat(fetch(_REMOTES[part]))
    arrays = {"x": content["X"].astype(np.uint8), "y": content["y"].astype(np.uint8)}
    np.savez_compressed(path, **arrays)
    return arrays
