"""PickleDataset: examples of any kind in one file, read when they are asked for.

A pickle can run any code when it is read: open files of your own, or of people you trust.
"""

from __future__ import annotations

import io
import os
import pickle
import threading
from pathlib import Path
from typing import IO, Any

from catenary.dataset.dataset_mixin import DatasetMixin

__all__ = [
    "PickleDataset",
    "PickleDatasetWriter",
    "open_pickle_dataset",
    "open_pickle_dataset_writer",
]


class PickleDatasetWriter:
    """Writes the examples of a :class:`PickleDataset`, one after the other.

    Args:
        writer: File to write to, opened for bytes.
        protocol: Pickle's protocol.
    """

    def __init__(self, writer: IO[bytes], protocol: int = pickle.HIGHEST_PROTOCOL) -> None:
        self._writer = writer
        self._protocol = protocol

    def write(self, x: Any) -> None:
        """Append an example, any object that can be pickled."""
        pickle.dump(x, self._writer, protocol=self._protocol)

    def flush(self) -> None:
        """Hand everything written so far to the operating system."""
        if hasattr(self._writer, "flush"):
            self._writer.flush()

    def close(self) -> None:
        """Close the file."""
        self._writer.close()

    def __enter__(self) -> PickleDatasetWriter:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class PickleDataset(DatasetMixin):
    """Dataset of pickled objects in a file.

    The file is read once to learn where each object begins. Reading pickles runs what they say:
    the file must come from someone you trust.

    Args:
        reader: File to read from, opened for bytes, which can seek. If it has a method
            ``after_fork``, that is called before it is used in a forked process.

    Raises:
        ValueError: If the file cannot seek.
    """

    def __init__(self, reader: Any) -> None:
        if not reader.seekable():
            raise ValueError("the reader cannot seek, and examples are read in any order")
        self._reader = reader
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._positions: list[int] = []
        reader.seek(0)
        while True:
            position = reader.tell()
            try:
                pickle.load(reader)  # noqa: S301  (the user's own data)
            except EOFError:
                break
            self._positions.append(position)

    def __len__(self) -> int:
        return len(self._positions)

    def get_example(self, i: int) -> Any:
        """Read the `i`-th object."""
        with self._lock:
            if self._process != os.getpid():
                getattr(self._reader, "after_fork", lambda: None)()
                self._process = os.getpid()
            self._reader.seek(self._positions[i])
            return pickle.load(self._reader)  # noqa: S301  (the user's own data)

    def close(self) -> None:
        """Close the file; the dataset cannot be read any more."""
        with self._lock:
            self._reader.close()

    def __enter__(self) -> PickleDataset:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.RLock(), _process=os.getpid())


class _FileReader(io.BufferedReader):
    """A file that a forked or unpickled copy opens anew: processes must not share its position."""

    def __init__(self, path: str) -> None:
        self._path = str(Path(path).resolve())
        super().__init__(io.FileIO(path))

    def after_fork(self) -> None:
        """Open the file anew, in a process that got a copy by a fork."""
        super().__init__(io.FileIO(self._path))

    def __reduce__(self) -> tuple[type[_FileReader], tuple[str]]:
        return _FileReader, (self._path,)


def open_pickle_dataset(path: str) -> PickleDataset:
    """Open a file as a :class:`PickleDataset`.

    Reading pickles runs what they say: the file must come from someone you trust.

    Args:
        path: Name of the file.
    """
    return PickleDataset(_FileReader(path))


def open_pickle_dataset_writer(
    path: str, protocol: int = pickle.HIGHEST_PROTOCOL
) -> PickleDatasetWriter:
    """Open a file to write the examples of a :class:`PickleDataset` to.

    Args:
        path: Name of the file; one that exists is overwritten.
        protocol: Pickle's protocol.
    """
    return PickleDatasetWriter(Path(path).open("wb"), protocol)
