"""Snapshots in NumPy's npz format, in Chainer's layout: one array a value, its path as key."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import IO, Any

import numpy as np
from numpy.lib.npyio import NpzFile

from catenary.serializer import Serializer
from catenary.serializers.archive import Archive, open_archive, write_archive
from catenary.serializers.atomic import replacing
from catenary.serializers.path_deserializer import Name, PathDeserializer
from catenary.serializers.values import as_array

__all__ = ["DictionarySerializer", "NpzDeserializer", "load_npz", "save_npz", "serialize"]

Array = np.ndarray[Any, Any]
File = str | os.PathLike[str] | IO[bytes]


class DictionarySerializer(Serializer):
    """Serializer that collects arrays in a flat dictionary, keyed by path (``"l1/W"``).

    Args:
        target: Dictionary to fill; a new one by default.
        path: Prefix of every key.

    Attributes:
        target: The dictionary. Its arrays are the object's own, not copies; None is an array of the
            object None.
    """

    def __init__(self, target: dict[str, Array] | None = None, path: str = "") -> None:
        self.target = {} if target is None else target
        self.path = path

    def __getitem__(self, key: str) -> DictionarySerializer:
        return DictionarySerializer(self.target, f"{self.path}{key.strip('/')}/")

    def __call__(self, key: str, value: Any) -> Any:
        """Put `value` in the dictionary and return it.

        Raises:
            TypeError: If `value` is no array, number, string, None or list of numbers.
        """
        key = self.path + key.lstrip("/")
        self.target[key] = as_array(key, value)
        return value


class NpzDeserializer(PathDeserializer):
    """Deserializer that reads arrays by path.

    Args:
        npz: What `numpy.load` returns for an npz file, or a dictionary of arrays. No object is ever
            unpickled, however the file was opened.
        path: Prefix of every key.
        strict: Whether a missing value is an error; otherwise the object keeps what it has.
        ignore_names: Key, function of a key, or list of them: values that the object keeps.

    Raises:
        ValueError: If `ignore_names` holds anything else.

    Differs:
        Shapes must be equal, where Chainer broadcasts silently.
    """

    def __init__(
        self,
        npz: Mapping[str, Any],
        path: str = "",
        strict: bool = True,
        ignore_names: Name | Sequence[Name] | None = None,
    ) -> None:
        self.npz = _as_archive(npz) if isinstance(npz, NpzFile) else npz
        super().__init__(self.npz, path, strict, ignore_names)


def serialize(obj: Any) -> dict[str, Array]:
    """Return the values of `obj` as arrays by path."""
    serializer = DictionarySerializer()
    serializer.save(obj)
    return serializer.target


def save_npz(file: File, obj: Any, compression: bool = True) -> None:
    """Save an object as an npz file that Chainer 7 reads too.

    A file given by path is replaced as a whole: if saving fails or the process dies, the old one is
    untouched.

    Args:
        file: Path or binary file object. A string is the very file name; a path object without the
            suffix ``.npz`` gets it, as in Chainer.
        obj: Object with a ``serialize`` method, or a dictionary of arrays.
        compression: Whether to compress.

    Raises:
        TypeError: If a value is no array, number, string, None or list of numbers.

    Differs:
        Written atomically; no object but None is ever pickled.
    """
    values = obj if isinstance(obj, dict) else serialize(obj)
    arrays = {key: as_array(key, value) for key, value in values.items()}
    if isinstance(file, os.PathLike):
        name = os.fspath(file)
        file = name if name.endswith(".npz") else f"{name}.npz"
    if isinstance(file, str):
        with replacing(file) as stream:
            write_archive(stream, arrays, compression)
    elif hasattr(file, "write"):
        write_archive(file, arrays, compression)
    else:
        raise TypeError(f"save_npz needs a path or a binary file object, not {type(file).__name__}")


def load_npz(
    file: File,
    obj: Any,
    path: str = "",
    strict: bool = True,
    ignore_names: Name | Sequence[Name] | None = None,
) -> None:
    """Load an object from an npz file of catenary or Chainer.

    Everything is read and compared before the first value is written, so a file that does not fit
    changes nothing. Nothing is ever unpickled.

    Args:
        file: Path or seekable binary file object.
        obj: Object with a ``serialize`` method.
        path: Prefix of the object's keys, with a slash at its end (``"updater/model:main/"``).
        strict: Whether a missing value is an error.
        ignore_names: Key, function of a key, or list of them: values that the object keeps.

    Raises:
        FileNotFoundError: If there is no such file.
        MissingKeyError: If `strict` and a value is missing.
        SnapshotError: If the file is damaged, or a value has another shape or kind.

    Differs:
        All or nothing; shapes must be equal (Chainer broadcasts); pickled objects are refused.
    """
    with open_archive(file) as archive:
        NpzDeserializer(archive, path=path, strict=strict, ignore_names=ignore_names).load(obj)


def _as_archive(npz: Any) -> Archive:
    name = str(npz.zip.filename or getattr(npz.fid, "name", "the npz file"))
    return Archive(npz.zip, name, owner=npz)
