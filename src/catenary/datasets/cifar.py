"""CIFAR-10 and CIFAR-100: small photographs."""

from __future__ import annotations

import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from catenary.config import config
from catenary.dataset.download import Remote, cache_or_load_file, fetch, get_dataset_directory
from catenary.datasets.tuple_dataset import TupleDataset
from catenary.errors import DownloadError

__all__ = ["get_cifar10", "get_cifar100"]

Arrays = dict[str, np.ndarray[Any, Any]]

_REMOTES = {
    "cifar-10": Remote(
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "c58f30108f718f92721af3b95e74349a",
    ),
    "cifar-100": Remote(
        "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz",
        "eb9058c3a382ffc7106e4002c42a8d85",
    ),
}
# Files in the archives, for each part.
_MEMBERS = {
    "cifar-10": {
        "train": [f"cifar-10-batches-py/data_batch_{i}" for i in range(1, 6)],
        "test": ["cifar-10-batches-py/test_batch"],
    },
    "cifar-100": {"train": ["cifar-100-python/train"], "test": ["cifar-100-python/test"]},
}
_LABELS = {"cifar-10": "labels", "cifar-100": "fine_labels"}
_SHAPES = {1: (3072,), 3: (3, 32, 32)}


def get_cifar10(
    withlabel: bool = True, ndim: int = 3, scale: float = 1.0, dtype: Any = None
) -> tuple[Any, Any]:
    """Return 60,000 photographs of 10 kinds of things, 32 x 32 pixels in three colours each.

    The 50,000 training and 10,000 test images of A. Krizhevsky. They are downloaded at the first
    call and kept in Chainer's cache (:mod:`catenary.dataset.download`).

    Args:
        withlabel: Whether examples are pairs of image and label, or images alone.
        ndim: 1 for images of shape (3072,), 3 for (3, 32, 32).
        scale: The largest value of a pixel; the smallest is 0.
        dtype: Of the images; ``config.dtype`` by default. Labels are int32.

    Returns:
        Training and test set: :class:`TupleDataset` objects, or arrays without labels.

    Raises:
        ValueError: If `ndim` is not 1 or 3.
        DownloadError: If the file cannot be downloaded; the text says where to put it by hand.
    """
    return _get_cifar("cifar-10", withlabel, ndim, scale, dtype)


def get_cifar100(
    withlabel: bool = True, ndim: int = 3, scale: float = 1.0, dtype: Any = None
) -> tuple[Any, Any]:
    """Return 60,000 photographs of 100 kinds of things, 32 x 32 pixels in three colours each.

    The 50,000 training and 10,000 test images of A. Krizhevsky, with their fine labels. They are
    downloaded at the first call and kept in Chainer's cache (:mod:`catenary.dataset.download`).

    Args:
        withlabel: Whether examples are pairs of image and label, or images alone.
        ndim: 1 for images of shape (3072,), 3 for (3, 32, 32).
        scale: The largest value of a pixel; the smallest is 0.
        dtype: Of the images; ``config.dtype`` by default. Labels are int32.

    Returns:
        Training and test set: :class:`TupleDataset` objects, or arrays without labels.

    Raises:
        ValueError: If `ndim` is not 1 or 3.
        DownloadError: If the file cannot be downloaded; the text says where to put it by hand.
    """
    return _get_cifar("cifar-100", withlabel, ndim, scale, dtype)


def _get_cifar(name: str, withlabel: bool, ndim: int, scale: float, dtype: Any) -> tuple[Any, Any]:
    if ndim not in _SHAPES:
        raise ValueError(f"ndim is {ndim!r}; these images come with 1 or 3 axes")
    path = str(Path(get_dataset_directory("pfnet/chainer/cifar"), f"{name}.npz"))
    raw = cache_or_load_file(path, lambda p: _make_npz(p, name), _load)
    parts = []
    for part in ("train", "test"):
        images = raw[f"{part}_x"].reshape(-1, *_SHAPES[ndim])
        images = images.astype(config.dtype if dtype is None else dtype)
        images *= scale / 255.0
        labels = raw[f"{part}_y"].astype(np.int32)
        parts.append(TupleDataset(images, labels) if withlabel else images)
    return parts[0], parts[1]


def _load(path: str) -> Arrays:
    with np.load(path) as stored:
        return dict(stored)


def _make_npz(path: str, name: str) -> Arrays:
    arrays: Arrays = {}
    source = fetch(_REMOTES[name])
    try:
        with tarfile.open(source, "r:gz") as archive:
            for part, members in _MEMBERS[name].items():
                batches = [_unpickle(archive, member) for member in members]
                arrays[f"{part}_x"] = np.concatenate([batch["data"] for batch in batches])
                labels = [batch[_LABELS[name]] for batch in batches]
                arrays[f"{part}_y"] = np.concatenate(labels).astype(np.uint8)
    except (tarfile.TarError, KeyError, EOFError, OSError, pickle.UnpicklingError) as error:
        raise DownloadError(
            f"{source} is not the archive of {name} ({error}); remove it and try again"
        ) from error
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
    return arrays


class _ArraysOnly(pickle.Unpickler):
    """Reads arrays, lists and strings; a pickle that names anything else is refused."""

    _ALLOWED = frozenset({"_reconstruct", "ndarray", "dtype", "scalar", "_frombuffer"})

    def find_class(self, module: str, name: str) -> Any:
        if module.partition(".")[0] == "numpy" and name in self._ALLOWED:
            modern = module.replace("numpy.core", "numpy._core") if _NUMPY_2 else module
            return super().find_class(modern, name)
        if (module, name) == ("_codecs", "encode"):
            return super().find_class(module, name)
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which no such file needs")


_NUMPY_2 = not np.__version__.startswith("1.")


def _unpickle(archive: tarfile.TarFile, member: str) -> dict[str, Any]:
    file = archive.extractfile(member)
    if file is None:
        raise KeyError(f"{member} is no file")
    content: dict[str, Any] = _ArraysOnly(io.BytesIO(file.read()), encoding="latin-1").load()
    return content
