"""Stores: arrays by path, read and verified when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

__all__ = ["Store"]

Array = np.ndarray[Any, Any]


class Store(Mapping[str, Array]):
    """The arrays of an open file by key, each read and verified when it is asked for.

    A subclass says which keys there are, and defines `_read`.

    Args:
        name: What to call the file in messages.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._held: dict[str, Array] = {}

    def __getitem__(self, key: str) -> Array:
        """Return the array called `key`; an array of the object None stands for None.

        Raises:
            SnapshotError: If it cannot be read.
        """
        return self._held[key] if key in self._held else self._read(key)

    def hold(self, key: str) -> Array:
        """Read the array called `key` and keep it in memory until :meth:`release`."""
        self._held[key] = array = self[key]
        return array

    def release(self, key: str) -> Array:
        """Return the array called `key` and keep it no longer."""
        array = self[key]
        self._held.pop(key, None)
        return array

    def _read(self, key: str) -> Array:
        raise NotImplementedError(f"{type(self).__name__} does not define _read")
