"""Snapshots in the HDF5 format, in Chainer's layout: one dataset a value, its path as name."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from typing import IO, Any

import numpy as np

from catenary.errors import SnapshotError
from catenary.serializer import Serializer
from catenary.serializers.atomic import replacing
from catenary.serializers.path_deserializer import Name, PathDeserializer
from catenary.serializers.store import Store
from catenary.serializers.values import as_array

__all__ = ["HDF5Deserializer", "HDF5Serializer", "load_hdf5", "save_hdf5"]

Array = np.ndarray[Any, Any]
File = str | os.PathLike[str] | IO[bytes]


class HDF5Serializer(Serializer):
    """Serializer that writes datasets into a group.

    Numbers and arrays keep their dtype, None is an empty dataset without a shape, and text is
    UTF-8. bfloat16, which neither NumPy nor HDF5 has, is no array here; a Link saves such
    parameters, exactly, as float32.

    Args:
        group: Group of an open h5py file.
        compression: Level of gzip, 0 to 9, or None; a single value is never compressed.

    Raises:
        RuntimeError: If h5py is not installed.

    Differs:
        Text and lists of numbers can be saved, where Chainer raises an error. Chainer reads the
        text as ``"b'...'"``.
    """

    def __init__(self, group: Any, compression: int | None = 4) -> None:
        _h5py()
        self.group = group
        self.compression = compression

    def __getitem__(self, key: str) -> HDF5Serializer:
        return HDF5Serializer(self.group.require_group(key.strip("/")), self.compression)

    def __call__(self, key: str, value: Any) -> Any:
        """Write `value` as a dataset and return it.

        Raises:
            TypeError: If `value` is no array, number, string, None or list of numbers.
        """
        h5py = _h5py()
        key = key.lstrip("/")
        array = as_array(f"{self.group.name.strip('/')}/{key}".lstrip("/"), value)
        if array.dtype.hasobject:
            self.group.create_dataset(key, data=h5py.Empty("f"))
            return value
        kind = h5py.string_dtype() if array.dtype.kind == "U" else array.dtype
        data = array.astype(object) if array.dtype.kind == "U" else array
        compression = None if array.size <= 1 else self.compression
        self.group.create_dataset(key, data=data, dtype=kind, compression=compression)
        return value


class HDF5Deserializer(PathDeserializer):
    """Deserializer that reads datasets by path.

    Args:
        group: Group of an open h5py file.
        strict: Whether a missing value is an error; otherwise the object keeps what it has.
        path: Prefix of every key.
        ignore_names: Key, function of a key, or list of them: values that the object keeps.

    Raises:
        RuntimeError: If h5py is not installed.
        ValueError: If `ignore_names` holds anything else.

    Differs:
        Arrays without elements can be loaded, and text. Shapes must be equal, where Chainer
        broadcasts silently.
    """

    def __init__(
        self,
        group: Any,
        strict: bool = True,
        *,
        path: str = "",
        ignore_names: Name | Sequence[Name] | None = None,
    ) -> None:
        _h5py()
        self._root = group
        super().__init__(_Datasets(group), path, strict, ignore_names)

    @property
    def group(self) -> Any:
        """The group that is read from; None where the file has none of that name."""
        return self._root.get(self.path) if self.path else self._root


class _Datasets(Store):
    """The datasets below a group, by path."""

    def __init__(self, group: Any) -> None:
        super().__init__(str(getattr(group.file, "filename", "the HDF5 file")))
        self._group = group
        self._kind = _h5py().Dataset

    def __iter__(self) -> Iterator[str]:
        names: list[str] = []
        try:
            self._group.visititems(
                lambda name, item: names.append(name) if isinstance(item, self._kind) else None
            )
        except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
            raise self._damaged("the table of contents", error) from error
        return iter(names)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __contains__(self, key: object) -> bool:
        try:
            return isinstance(self._group.get(key), self._kind)
        except (OSError, RuntimeError, ValueError) as error:
            raise self._damaged(str(key), error) from error

    def _read(self, key: str) -> Array:
        try:
            dataset = self._group[key]
            if dataset.shape is None:
                return np.asarray(None)
            text = _h5py().check_string_dtype(dataset.dtype)
            if text is not None and (text.length is None or text.encoding == "utf-8"):
                return np.asarray(dataset.asstr()[()], np.str_)
            array: Array = np.asarray(dataset[()], dataset.dtype)
        except (KeyError, OSError, RuntimeError, TypeError, ValueError) as error:
            raise self._damaged(key, error) from error
        if array.dtype.hasobject:
            raise SnapshotError(f"{self.name} holds something other than an array at {key}")
        return array

    def _damaged(self, key: str, error: Exception) -> SnapshotError:
        return SnapshotError(
            f"{self.name} is damaged: {key} cannot be read ({type(error).__name__}: {error}).\n"
            "Take an older copy of the file; nothing in this one can be relied on."
        )


def save_hdf5(filename: File, obj: Any, compression: int | None = 4) -> None:
    """Save an object as an HDF5 file that Chainer 7 reads too.

    A file given by path is replaced as a whole: if saving fails or the process dies, the old one is
    untouched.

    Args:
        filename: Path or binary file object.
        obj: Object with a ``serialize`` method, or a dictionary of arrays by path.
        compression: Level of gzip, 0 to 9, or None.

    Raises:
        RuntimeError: If h5py is not installed.
        TypeError: If a value is no array, number, string, None or list of numbers.

    Differs:
        Written atomically; file objects are taken; text can be saved.
    """
    _h5py()
    if isinstance(filename, (str, os.PathLike)):
        with replacing(filename) as stream:
            _write(getattr(stream, "name", stream), obj, compression)
    elif hasattr(filename, "write"):
        buffer = io.BytesIO()
        _write(buffer, obj, compression)
        filename.write(buffer.getbuffer())
    else:
        raise TypeError(
            f"save_hdf5 needs a path or a binary file object, not {type(filename).__name__}"
        )


def _write(target: Any, obj: Any, compression: int | None) -> None:
    with _h5py().File(target, "w") as file:
        serializer = HDF5Serializer(file, compression)
        if isinstance(obj, dict):
            for key, value in obj.items():
                serializer(key, value)
        else:
            serializer.save(obj)


def load_hdf5(
    filename: File,
    obj: Any,
    path: str = "",
    strict: bool = True,
    ignore_names: Name | Sequence[Name] | None = None,
) -> None:
    """Load an object from an HDF5 file of catenary or Chainer.

    Everything is read and compared before the first value is written, so a file that does not fit
    changes nothing.

    Args:
        filename: Path or seekable binary file object.
        obj: Object with a ``serialize`` method.
        path: Prefix of the object's keys, with a slash at its end (``"updater/model:main/"``).
        strict: Whether a missing value is an error.
        ignore_names: Key, function of a key, or list of them: values that the object keeps.

    Raises:
        RuntimeError: If h5py is not installed.
        FileNotFoundError: If there is no such file.
        MissingKeyError: If `strict` and a value is missing.
        SnapshotError: If the file is damaged, or a value has another shape or kind.

    Differs:
        All or nothing; shapes must be equal (Chainer broadcasts); `path`, `strict` and
        `ignore_names` as for :func:`catenary.serializers.load_npz`.
    """
    h5py = _h5py()
    try:
        file = h5py.File(filename, "r")
    except FileNotFoundError:
        raise
    except (OSError, RuntimeError, ValueError) as error:
        name = filename if isinstance(filename, (str, os.PathLike)) else "the file object"
        raise SnapshotError(
            f"{name} is no HDF5 file, or one that was cut off ({type(error).__name__}: {error})."
            "\nTake an older copy."
        ) from error
    with file:
        HDF5Deserializer(file, strict, path=path, ignore_names=ignore_names).load(obj)


def _h5py() -> Any:
    try:
        import h5py
    except ImportError as error:
        raise RuntimeError(
            "HDF5 files need the package h5py, which is not installed: "
            "pip install h5py, or save with save_npz"
        ) from error
    return h5py
