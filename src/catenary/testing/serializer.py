"""There and back through a file."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from catenary import serializers

__all__ = ["save_and_load", "save_and_load_hdf5", "save_and_load_npz"]


def save_and_load(
    src: Any,
    dst: Any,
    filename: str,
    saver: Callable[[str, Any], Any],
    loader: Callable[[str, Any], Any],
) -> None:
    """Save one object and load another from the file.

    Args:
        src: What is saved.
        dst: What is loaded.
        filename: Name of the file, in a folder that goes away.
        saver: Takes path and object.
        loader: Takes path and object.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / filename)
        saver(path, src)
        loader(path, dst)


def save_and_load_npz(src: Any, dst: Any) -> None:
    """Save `src` as npz and load `dst` from it."""
    save_and_load(src, dst, "tmp.npz", serializers.save_npz, serializers.load_npz)


def save_and_load_hdf5(src: Any, dst: Any) -> None:
    """Save `src` as HDF5 and load `dst` from it."""
    save_and_load(src, dst, "tmp.h5", serializers.save_hdf5, serializers.load_hdf5)
