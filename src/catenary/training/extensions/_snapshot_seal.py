"""The seal of a snapshot: a checksum that the file carries along, under a key Chainer ignores.

A zip archive's own check values cover one member each; the seal covers all of them together, with
their names, and every format.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from catenary.errors import SnapshotError
from catenary.serializers import load_hdf5, load_npz

__all__ = ["CHECKSUM", "ITERATION", "checksum", "loader_of", "seal", "verify"]

Array = np.ndarray[Any, Any]

CHECKSUM = "catenary/checksum"
ITERATION = "catenary/iteration"  # when the snapshot was taken
_HDF5_BEGINS = b"\x89HDF\r\n\x1a\n"


def seal(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return `values` with their checksum added."""
    return {**values, CHECKSUM: checksum(values)}


def checksum(values: Mapping[str, Any]) -> Array:
    """Return the SHA-256 of names, dtypes, shapes and contents, as 32 bytes."""
    digest = hashlib.sha256()
    for key in sorted(values):
        array = np.asarray(values[key])
        if array.dtype.kind in "OSU":  # None, or text, whose width a format may change
            kind, content = "text", repr(array.tolist()).encode()
        else:
            kind, content = array.dtype.str, array.tobytes()
        digest.update(f"{key}\0{kind}\0{array.shape}\0".encode())
        digest.update(content)
    return np.frombuffer(digest.digest(), np.uint8)


def loader_of(path: str | os.PathLike[str]) -> Callable[[str | os.PathLike[str], Any], None]:
    """Return the function that loads a file, as the file's first bytes say."""
    with Path(path).open("rb") as stream:
        is_hdf5 = stream.read(len(_HDF5_BEGINS)) == _HDF5_BEGINS
    return load_hdf5 if is_hdf5 else load_npz


def verify(path: str | os.PathLike[str]) -> None:
    """Read a whole npz or HDF5 file and compare it with its seal.

    An npz file without one, of Chainer for instance, only has to be readable in all its parts: a
    zip archive has check values of its own, an HDF5 file has none.

    Raises:
        SnapshotError: If something is damaged, missing, added or unreadable.
    """
    try:
        intact = _is_intact(path)
    except SnapshotError:
        raise
    except Exception as error:
        # Decompressors and the HDF5 library meet damage with exceptions of nearly any type.
        raise SnapshotError(
            f"{os.fspath(path)} cannot be read ({type(error).__name__}: {error}). Take an older "
            "copy of the file."
        ) from error
    if not intact:
        raise SnapshotError(
            f"{os.fspath(path)} is damaged: its content does not match the checksum in it.\n"
            "Take an older copy of the file; nothing in this one can be relied on."
        )


def _is_intact(path: str | os.PathLike[str]) -> bool:
    content = _Content()
    load = loader_of(path)
    load(path, content)
    expected = content.values.pop(CHECKSUM, None)
    if expected is None:
        return load is load_npz
    return np.array_equal(expected, checksum(content.values))


class _Content:
    """Everything that a file holds."""

    def __init__(self) -> None:
        self.values: dict[str, Array] = {}

    def serialize(self, serializer: Any) -> None:
        if not serializer.checking:
            self.values = dict(serializer._arrays)
