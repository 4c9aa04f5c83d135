"""npz files, read without ever unpickling and written without ever pickling.

An npz file is a zip archive with one array a member.
"""

from __future__ import annotations

import contextlib
import io
import lzma
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from catenary.errors import SnapshotError
from catenary.serializers.pickled_none import NPY_OF_NONE, is_none
from catenary.serializers.store import Store

__all__ = ["Archive", "open_archive", "write_archive"]

Array = np.ndarray[Any, Any]

# What Python and NumPy raise for bytes that make no sense, and for kinds of zip they do not know.
_UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, tokenize.TokenError),
    *(EOFError, NotImplementedError, RuntimeError, SyntaxError, TypeError, ValueError),
)


class Archive(Store):
    """The arrays of an open npz file by key, each read and verified when it is asked for.

    Args:
        members: The open zip file.
        name: What to call it in messages.
        owner: Object that closes the zip file when it dies, kept alive by the archive.

    Raises:
        SnapshotError: On access, if a member is corrupt or would have to be unpickled.
    """

    def __init__(self, members: zipfile.ZipFile, name: str, owner: object = None) -> None:
        super().__init__(name)
        self._owner = owner
        self._zip = members
        self._members = {member.removesuffix(".npy"): member for member in members.namelist()}

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __contains__(self, key: object) -> bool:
        return key in self._members

    def unless_pickled(self, key: str) -> Array | None:
        """Return the array called `key`, None where it is a pickled object other than None.

        Raises:
            SnapshotError: If it is damaged.
        """
        member = self._members[key]
        try:
            return _parse(self._zip.read(member))
        except _UNREADABLE as error:
            raise SnapshotError(
                f"{self.name} is damaged: {member} cannot be read "
                f"({type(error).__name__}: {error}).\n"
                "Take an older copy of the file; nothing in this one can be relied on."
            ) from error

    def _read(self, key: str) -> Array:
        array = self.unless_pickled(key)
        if array is None:
            raise SnapshotError(
                f"{self.name} holds a pickled Python object in {self._members[key]}. "
                "A pickle is a program, so pickled objects are never read here; only None is "
                "recognised.\nSave the object as arrays, or skip the value with ignore_names."
            )
        return array


def _parse(content: bytes) -> Array | None:
    """Return the array that the `content` of an npy file describes, None for a pickled object."""
    stream = io.BytesIO(content)
    version = npy.read_magic(stream)
    if version == (1, 0):
        shape, fortran_order, dtype = npy.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, fortran_order, dtype = npy.read_array_header_2_0(stream)
    else:
        raise ValueError(f"its npy format is version {version}; known are (1, 0) and (2, 0)")
    start = stream.tell()
    if dtype.hasobject:
        none = shape == () and is_none(content[start:])
        return np.asarray(None) if none else None
    array: Array = np.ndarray(shape, dtype, content, start, order="F" if fortran_order else "C")
    if array.shape != shape or array.nbytes != len(content) - start:
        raise ValueError(f"{len(content) - start} bytes follow a header for {dtype} {shape}")
    return array


@contextlib.contextmanager
def open_archive(file: str | os.PathLike[str] | IO[bytes]) -> Iterator[Archive]:
    """Open an npz file, given by path or as a seekable binary file object.

    Raises:
        FileNotFoundError: If there is no such file.
        SnapshotError: If the file is no complete zip archive.
    """
    with contextlib.ExitStack() as stack:
        if isinstance(file, (str, os.PathLike)):
            name = os.fspath(file)
            file = stack.enter_context(Path(file).open("rb"))
        else:
            name = str(getattr(file, "name", "the file object"))
        try:
            members = stack.enter_context(zipfile.ZipFile(file))
        except _UNREADABLE as error:
            raise SnapshotError(
                f"{name} is no npz file, or one that was cut off ({type(error).__name__}: {error})."
                "\nThe table of contents of an npz file stands at its end, so no part of it can be "
                "read without the rest. Take an older copy."
            ) from error
        yield Archive(members, name)


def write_archive(stream: IO[bytes], arrays: Mapping[str, Array], compression: bool) -> None:
    """Write `arrays` as an npz file, in the order of their keys: equal arrays give equal bytes.

    An array of the object None becomes the pickle that Chainer reads.

    Args:
        stream: Binary file object; it need not be seekable.
        arrays: Arrays by key.
        compression: Whether to deflate the members.
    """
    method = zipfile.ZIP_DEFLATED if compression else zipfile.ZIP_STORED
    with zipfile.ZipFile(stream, "w", method, allowZip64=True) as members:
        for key in sorted(arrays):
            with members.open(f"{key}.npy", "w", force_zip64=True) as member:
                if arrays[key].dtype.hasobject:
                    member.write(NPY_OF_NONE)
                else:
                    npy.write_array(member, arrays[key], allow_pickle=False)
