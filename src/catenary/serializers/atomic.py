"""Replace a file as a whole: whoever looks, even after a crash, finds the old file or the new."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO

__all__ = ["replacing", "sync_folder"]


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[IO[bytes]]:
    """Open a new file that takes the place of `path` when the block ends without an exception.

    The content goes to a temporary file in the same folder, reaches the disk (fsync) and is then
    renamed. A new file gets its mode from the umask, a replaced one keeps the mode it had. Symbolic
    links are followed. What is no regular file (a pipe, ``/dev/stdout``) is written at the end.

    Args:
        path: File to create or replace.

    Raises:
        OSError: As `open` would; the file at `path` is then as it was.
    """
    target = Path(os.path.realpath(path))
    mode = target.stat().st_mode if target.exists() else None
    if mode is not None and not stat.S_ISREG(mode):
        buffer = io.BytesIO()
        yield buffer
        target.write_bytes(buffer.getbuffer())
        return
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), os.fspath(path))
    temporary = target.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        with temporary.open("xb") as stream:
            if mode is not None:  # before there is content that others should not read
                temporary.chmod(stat.S_IMODE(mode))
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Let the renaming itself survive a power cut, where the system can do that for a folder."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # some file systems refuse; the file is in place
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
