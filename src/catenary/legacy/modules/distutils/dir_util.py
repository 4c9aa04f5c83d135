"""Folders."""

from __future__ import annotations

import shutil
from pathlib import Path

__all__ = ["copy_tree", "mkpath", "remove_tree"]


def mkpath(name: str, mode: int = 0o777) -> None:
    """Make a folder and those above it; one that is there is left as it is."""
    Path(name).mkdir(mode, parents=True, exist_ok=True)


def copy_tree(src: str, dst: str) -> list[str]:
    """Copy a folder's content into another; return the paths of the copied files."""
    shutil.copytree(src, dst, dirs_exist_ok=True)
    files = (path.relative_to(src) for path in Path(src).rglob("*") if path.is_file())
    return [str(Path(dst, file)) for file in files]


def remove_tree(directory: str) -> None:
    """Remove a folder and what it holds."""
    shutil.rmtree(directory)
