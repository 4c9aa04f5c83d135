"""TextDataset: the lines of text files."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

from catenary.dataset.dataset_mixin import DatasetMixin

__all__ = ["TextDataset"]

Choice = str | None | Sequence[str | None]


class TextDataset(DatasetMixin):
    """Dataset of the lines of a text file, or of several files side by side.

    Where each line begins is found out once; a line is read when it is asked for, with the
    characters that end it. A pickled dataset keeps what it knows about the files, which must not
    have changed when it is unpickled. Each process opens the files for itself.

    Args:
        paths: Name of the file, or names of files with equal numbers of lines.
        encoding: As for :func:`open`; one for all files, or a list of one for each.
        errors: As for :func:`open`; one for all files, or a list of one for each.
        newline: As for :func:`open`; one for all files, or a list of one for each.
        filter_func: Function of a line of each file that tells whether to keep them.

    Raises:
        ValueError: If no file is given, numbers of lines differ, or a list has another length.
    """

    def __init__(
        self,
        paths: str | Sequence[str],
        encoding: Choice = None,
        errors: Choice = None,
        newline: Choice = None,
        filter_func: Callable[..., bool] | None = None,
    ) -> None:
        names = [paths] if isinstance(paths, str) else list(paths)
        if not names:
            raise ValueError("at least one text file must be given")
        self._how = list(
            zip(
                names,
                _for_each("encoding", encoding, names),
                _for_each("errors", errors, names),
                _for_each("newline", newline, names),
                strict=True,
            )
        )
        self._lock = threading.Lock()
        self._opened: tuple[int, list[IO[str]]] | None = None
        self._starts = self._scan(filter_func)

    def _files(self) -> list[IO[str]]:
        if self._opened is None or self._opened[0] != os.getpid():
            self._opened = (
                os.getpid(),
                [
                    Path(name).open(encoding=encoding, errors=errors, newline=newline)  # noqa: SIM115
                    for name, encoding, errors, newline in self._how
                ],
            )
        return self._opened[1]

    def _scan(self, filter_func: Callable[..., bool] | None) -> list[tuple[int, ...]]:
        """Return where in each file the lines to keep begin."""
        files = self._files()
        kept: list[tuple[int, ...]] = []
        while True:
            start = tuple(file.tell() for file in files)
            lines = [file.readline() for file in files]
            if not all(lines):
                if any(lines):
                    self.close()
                    shortest = self._how[lines.index("")][0]
                    raise ValueError(
                        f"the files have different numbers of lines: {shortest} ends first"
                    )
                return kept
            if filter_func is None or filter_func(*lines):
                kept.append(start)

    def __len__(self) -> int:
        return len(self._starts)

    def get_example(self, i: int) -> str | tuple[str, ...]:
        """Return the `i`-th line, or the tuple of the `i`-th lines of several files.

        Raises:
            IndexError: If there is no such line; negative indices are refused too.
        """
        if not 0 <= i < len(self):
            raise IndexError(f"there is no line {i} in a dataset of {len(self)}")
        with self._lock:
            files = self._files()
            for file, start in zip(files, self._starts[i], strict=True):
                file.seek(start)
            lines = tuple(file.readline() for file in files)
        return lines[0] if len(lines) == 1 else lines

    def close(self) -> None:
        """Close the files; asking for a line opens them again."""
        opened, self._opened = self._opened, None
        if opened is not None:
            for file in opened[1]:
                file.close()

    def __del__(self) -> None:
        if getattr(self, "_opened", None) is not None:
            self.close()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_opened": None, "_lock": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state, _lock=threading.Lock())


def _for_each(name: str, choice: Choice, files: Sequence[str]) -> Sequence[str | None]:
    if choice is None or isinstance(choice, str):
        return [choice] * len(files)
    if len(choice) != len(files):
        raise ValueError(f"{name} has {len(choice)} entries for {len(files)} files")
    return choice
