"""Snapshots in NumPy's npz format, in Chainer's layout: one array a value, its path as key."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import numpy as np
from numpy.lib.npyio import NpzFile

from catenary.errors import MissingKeyError, annotate
from catenary.serializer import Deserializer, Serializer
from catenary.serializers.archive import Archive, open_archive, write_archive
from catenary.serializers.atomic import replacing
from catenary.serializers.values import as_array, as_scalar, check_fit

__all__ = ["DictionarySerializer", "NpzDeserializer", "load_npz", "save_npz", "serialize"]

Array = np.ndarray[Any, Any]
File = str | os.PathLike[str] | IO[bytes]
Name = str | Callable[[str], bool]


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


class NpzDeserializer(Deserializer):
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
        self.path = path
        self.strict = strict
        self.ignore_names = _as_tuple(ignore_names)

    def __getitem__(self, key: str) -> NpzDeserializer:
        return self._part(f"{self.path}{key.strip('/')}/", self.checking)

    def __call__(self, key: str, value: Any) -> Any:
        """Load the value called `key`: into `value` if that is an array, else as its type.

        Returns:
            `value`, or what the file holds in its stead; None where the file holds None.

        Raises:
            MissingKeyError: If `strict` and the file holds nothing of that name.
            SnapshotError: If what it holds does not fit or cannot be read.
        """
        key = self.path + key.lstrip("/")
        if (not self.strict and key not in self.npz) or self._ignores(key):
            return value
        stored = self._read(key)
        if stored.dtype.hasobject:
            return value if self.checking else None
        if value is None:
            return stored.copy()
        where = f"{self._name} and the object disagree on {key!r}"
        if not isinstance(value, np.ndarray):
            converted = as_scalar(stored, value, where)
            placeholder = isinstance(value, str) and not value
            return value if self.checking and not placeholder else converted
        check_fit(stored, value, where)
        if not self.checking:
            np.copyto(value, stored)
        return value

    def load(self, obj: Any) -> None:
        """Load `obj`: first a rehearsal that only reads and compares, then the writing.

        Raises:
            SnapshotError: If something is damaged or does not fit, or (:class:`MissingKeyError`) is
                missing; `obj` is then as it was.
        """
        if self.checking:
            obj.serialize(self)
            return
        obj.serialize(self._part(self.path, checking=True))
        try:
            obj.serialize(self)
        except Exception as error:
            annotate(error, f"{self._name} had passed the check: the object may hold a part of it.")
            raise

    def _part(self, path: str, checking: bool) -> NpzDeserializer:
        part = NpzDeserializer(self.npz, path, self.strict, self.ignore_names)
        part.checking = checking
        return part

    @property
    def _name(self) -> str:
        return self.npz.name if isinstance(self.npz, Archive) else "the dictionary"

    def _ignores(self, key: str) -> bool:
        names = self.ignore_names
        return any(key == name if isinstance(name, str) else name(key) for name in names)

    def _read(self, key: str) -> Array:
        if key not in self.npz:
            raise MissingKeyError(self._missing(key))
        if isinstance(self.npz, Archive):
            return self.npz.hold(key) if self.checking else self.npz.release(key)
        return as_array(key, self.npz[key])

    def _missing(self, key: str) -> str:
        held = sorted(self.npz)
        shown = ", ".join(held[:8]) + (", ..." if len(held) > 8 else "")
        slash = ""
        if self.path and not self.path.endswith("/"):
            slash = f"The path {self.path!r} has no slash at its end; is {self.path}/ meant? "
        return (
            f"{self._name} holds no value called {key!r}. It holds {len(held)}: {shown}\n"
            f"{slash}With strict=False the object keeps what it has where the file has nothing."
        )


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


def _as_tuple(ignore_names: Name | Sequence[Name] | None) -> tuple[Name, ...]:
    if ignore_names is None:
        return ()
    names: Any = ignore_names if isinstance(ignore_names, (list, tuple)) else (ignore_names,)
    for name in names:
        if not (isinstance(name, str) or callable(name)):
            message = f"ignore_names takes strings and functions, not {name!r}"
            raise ValueError(message)  # noqa: TRY004 - the type that Chainer raises
    return tuple(names)


def _as_archive(npz: Any) -> Archive:
    name = str(npz.zip.filename or getattr(npz.fid, "name", "the npz file"))
    return Archive(npz.zip, name, owner=npz)
