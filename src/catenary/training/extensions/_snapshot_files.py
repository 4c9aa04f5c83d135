"""Snapshots in a folder: which files they are, which is the newest, and how one is written."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import string
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catenary.errors import SnapshotWriteError, annotate
from catenary.serializers.atomic import sync_folder
from catenary.training.extensions._snapshot_seal import ITERATION, seal

__all__ = ["Series", "describe", "write_whole"]

_TEMPORARY = ".tmp"


class Series:
    """The snapshots whose names a format string makes, in one folder.

    Args:
        filename: Format string for `str.format`, given the trainer.
        trainer: The trainer; a field that is a whole number in it matches digits only, so that no
            other file is taken for a snapshot.
    """

    def __init__(self, filename: str, trainer: Any) -> None:
        folder, name = os.path.split(filename)
        self._folder = Path(trainer.out, folder)
        pattern = "".join(_pattern(part, trainer) for part in string.Formatter().parse(name))
        self._name = re.compile(pattern)
        self._leftover = re.compile(rf"\.{pattern}\.\w+{re.escape(_TEMPORARY)}")

    def newest_first(self) -> list[Path]:
        """Return the snapshots, latest first: by time of writing, then by the numbers in names."""
        found = self._matching(self._name)
        return sorted((path for path in found if path.is_file()), key=_age, reverse=True)

    def remove_stale(self, retained: int) -> None:
        """Remove all but the newest `retained` snapshots."""
        for path in self.newest_first()[retained:]:
            path.unlink(missing_ok=True)

    def remove_leftovers(self) -> None:
        """Remove what killed processes left half written."""
        for path in self._matching(self._leftover):
            shutil.rmtree(path, ignore_errors=True)

    def _matching(self, pattern: re.Pattern[str]) -> list[Path]:
        if not self._folder.is_dir():
            return []
        return [path for path in self._folder.iterdir() if pattern.fullmatch(path.name)]


def write_whole(
    path: Path, values: Any, savefun: Callable[..., Any], options: dict[str, Any]
) -> None:
    """Write a sealed snapshot so that its name only ever stands for a complete file.

    It is made in a folder of its own beside the target, reaches the disk and is then renamed.

    Args:
        path: The file.
        values: Arrays by path.
        savefun: Called with a path, the sealed values and `options`.
        options: Keyword arguments for `savefun`.

    Raises:
        SnapshotWriteError: If the system refuses (no space, no permission); any other exception of
            `savefun` as it is. The file that was there before is untouched.
    """
    what = describe(path, values)
    try:
        with _folder_beside(path) as folder:
            temporary = Path(folder, path.name)
            savefun(os.fspath(temporary), seal(values), **options)
            _sync_file(temporary)
            temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise SnapshotWriteError(
            f"{what} could not be written: {error}\n"
            "Nothing of it is left; snapshots written before are untouched. Make room or choose "
            "another folder; with snapshot(on_write_error='warn') training goes on without it."
        ) from error
    except Exception as error:
        annotate(error, f"while {what} was written; nothing of it is left")
        raise


def describe(path: Path, values: Any) -> str:
    """Return what to call a snapshot in messages: its file, and its iteration if that is known."""
    iteration = values.get(ITERATION)
    return f"{path} (iteration {iteration})" if iteration is not None else f"{path}"


@contextlib.contextmanager
def _folder_beside(path: Path) -> Any:
    folder = tempfile.mkdtemp(_TEMPORARY, f".{path.name}.", path.parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _sync_file(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _pattern(part: tuple[str, str | None, str | None, str | None], trainer: Any) -> str:
    """Return the regular expression of what one part of a format string makes."""
    literal, field, _, _ = part
    if field is None:
        return re.escape(literal)
    name = field if field[:1].isalnum() else f"0{field}"
    try:
        value, _ = string.Formatter().get_field(name, (trainer,), {})
    except (AttributeError, LookupError):  # something that is not there before the loop
        value = None
    made = r"[\d_,+ -]+" if isinstance(value, int) else ".+"
    return re.escape(literal) + made


def _age(path: Path) -> tuple[int, list[int]]:
    return path.stat().st_mtime_ns, [int(digits) for digits in re.findall(r"\d+", path.name)]
