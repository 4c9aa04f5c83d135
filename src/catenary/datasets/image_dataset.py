"""Datasets of image files, in directories and in zip archives, with labels and without."""

from __future__ import annotations

import bisect
import io
import itertools
import os
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from catenary.config import config
from catenary.dataset.dataset_mixin import DatasetMixin

__all__ = [
    "ImageDataset",
    "LabeledImageDataset",
    "LabeledZippedImageDataset",
    "MultiZippedImageDataset",
    "ZippedImageDataset",
]

Array = np.ndarray[Any, Any]


def _check_pillow_availability() -> None:
    try:
        import PIL.Image  # noqa: F401
    except ImportError as error:
        raise ImportError(
            f"images are read by Pillow, which cannot be imported ({error}): "
            "pip install catenary[image]"
        ) from error


def _read_image_as_array(path: Any, dtype: Any) -> Array:
    """Return an image file's pixels as they are in the file: (height, width[, channels])."""
    import PIL.Image

    with PIL.Image.open(path) as image:
        return np.asarray(image, dtype=dtype)


def _channels_first(image: Array) -> Array:
    return image[np.newaxis] if image.ndim == 2 else image.transpose(2, 0, 1)


def _read_pairs(path: str) -> list[tuple[str, int]]:
    """Read lines of a file's name and a label."""
    pairs = []
    with Path(path).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            words = line.split()
            if len(words) != 2:
                raise ValueError(
                    f"{path}, line {number}: {line.rstrip()!r} is not a file's name and a label"
                )
            pairs.append((words[0], int(words[1])))
    return pairs


class ImageDataset(DatasetMixin):
    """Dataset of image files, read when they are asked for.

    An example is an array of shape (channels, height, width) with the values that the file has, 0
    to 255 as a rule. Files of different sizes or numbers of channels give arrays of different
    shapes. Reading needs Pillow.

    Args:
        paths: Names of the files, or the name of a text file with one of them on each line.
        root: Directory that the names are relative to.
        dtype: Of the arrays; ``config.dtype`` by default.

    Raises:
        ImportError: If Pillow is not installed.
    """

    def __init__(self, paths: str | Sequence[str], root: str = ".", dtype: Any = None) -> None:
        _check_pillow_availability()
        if isinstance(paths, str):
            with Path(paths).open(encoding="utf-8") as lines:
                paths = [line.strip() for line in lines]
        self._paths = paths
        self._root = root
        self._dtype = np.dtype(config.dtype if dtype is None else dtype)

    def __len__(self) -> int:
        return len(self._paths)

    def get_example(self, i: int) -> Array:
        """Read the `i`-th image."""
        return _channels_first(_read_image_as_array(Path(self._root, self._paths[i]), self._dtype))


class LabeledImageDataset(DatasetMixin):
    """Dataset of image files and labels, read when they are asked for.

    An example is a pair of an image, as :class:`ImageDataset` has it, and an array without axes.

    Args:
        pairs: Pairs of a file's name and a label, or the name of a text file with one of them on
            each line, separated by blanks.
        root: Directory that the names are relative to.
        dtype: Of the images; ``config.dtype`` by default.
        label_dtype: Of the labels.

    Raises:
        ImportError: If Pillow is not installed.
        ValueError: If a line of the text file is no such pair.
    """

    def __init__(
        self,
        pairs: str | Sequence[tuple[str, int]],
        root: str = ".",
        dtype: Any = None,
        label_dtype: Any = np.int32,
    ) -> None:
        _check_pillow_availability()
        self._pairs = _read_pairs(pairs) if isinstance(pairs, str) else pairs
        self._root = root
        self._dtype = np.dtype(config.dtype if dtype is None else dtype)
        self._label_dtype = label_dtype

    def __len__(self) -> int:
        return len(self._pairs)

    def get_example(self, i: int) -> tuple[Array, Array]:
        """Read the `i`-th image, and return it with its label."""
        name, label = self._pairs[i]
        image = _read_image_as_array(Path(self._root, name), self._dtype)
        return _channels_first(image), np.array(label, dtype=self._label_dtype)


class ZippedImageDataset(DatasetMixin):
    """Dataset of the images in a zip archive that holds nothing else.

    An example is what :class:`ImageDataset` gives. Each process opens the archive for itself.

    Args:
        zipfilename: Name of the archive.
        dtype: Of the arrays; ``config.dtype`` by default.

    Raises:
        ImportError: If Pillow is not installed.
    """

    def __init__(self, zipfilename: str, dtype: Any = None) -> None:
        _check_pillow_availability()
        self._zipfilename = zipfilename
        self._dtype = np.dtype(config.dtype if dtype is None else dtype)
        self._lock = threading.Lock()
        self._opened: tuple[int, zipfile.ZipFile] | None = None
        self._paths = [name for name in self._archive().namelist() if not name.endswith("/")]

    def __len__(self) -> int:
        return len(self._paths)

    def _archive(self) -> zipfile.ZipFile:
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = os.getpid(), zipfile.ZipFile(self._zipfilename)
        return self._opened[1]

    def get_example(self, i: int | str) -> Array:
        """Read the `i`-th image of the archive, or the one of this name."""
        name = i if isinstance(i, str) else self._paths[i]
        with self._lock:
            content = self._archive().read(name)
        return _channels_first(_read_image_as_array(io.BytesIO(content), self._dtype))

    def close(self) -> None:
        """Close the archive; reading an image opens it again."""
        with self._lock:
            opened, self._opened = self._opened, None
            if opened is not None:
                opened[1].close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())


class MultiZippedImageDataset(DatasetMixin):
    """Dataset of the images in several zip archives, one archive after the other.

    Args:
        zipfilenames: Names of the archives, which hold nothing but images.
        dtype: Of the arrays; ``config.dtype`` by default.

    Raises:
        ImportError: If Pillow is not installed.
    """

    def __init__(self, zipfilenames: Sequence[str], dtype: Any = None) -> None:
        self._archives = [ZippedImageDataset(name, dtype) for name in zipfilenames]
        self._ends = list(itertools.accumulate(map(len, self._archives)))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def get_example(self, i: int) -> Array:
        """Read the `i`-th image.

        Raises:
            IndexError: If there is no such image; negative indices are refused too.
        """
        if not 0 <= i < len(self):
            raise IndexError(f"there is no image {i} in archives of {len(self)}")
        which = bisect.bisect_right(self._ends, i)
        archive = self._archives[which]
        return archive.get_example(int(i) - self._ends[which] + len(archive))


class LabeledZippedImageDataset(DatasetMixin):
    """Dataset of labelled images in a zip archive.

    An example is what :class:`LabeledImageDataset` gives.

    Args:
        zipfilename: Name of the archive.
        labelfilename: Name of a text file with the name of an image in the archive and its label on
            each line, separated by blanks.
        dtype: Of the images; ``config.dtype`` by default.
        label_dtype: Of the labels.

    Raises:
        ImportError: If Pillow is not installed.
        ValueError: If a line of the text file is no such pair.
    """

    def __init__(
        self,
        zipfilename: str,
        labelfilename: str,
        dtype: Any = None,
        label_dtype: Any = np.int32,
    ) -> None:
        self._zipfile = ZippedImageDataset(zipfilename, dtype)
        self._pairs = _read_pairs(labelfilename)
        self._label_dtype = label_dtype

    def __len__(self) -> int:
        return len(self._pairs)

    def get_example(self, i: int) -> tuple[Array, Array]:
        """Read the `i`-th image, and return it with its label."""
        name, label = self._pairs[i]
        return self._zipfile.get_example(name), np.array(label, dtype=self._label_dtype)
