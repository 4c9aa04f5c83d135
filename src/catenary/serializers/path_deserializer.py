"""Loading by path: what deserializers of every format have in common."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from catenary.errors import MissingKeyError, annotate
from catenary.serializer import Deserializer
from catenary.serializers.store import Store
from catenary.serializers.values import as_array, as_scalar, check_fit

__all__ = ["Name", "PathDeserializer"]

Array = np.ndarray[Any, Any]
Name = str | Callable[[str], bool]


class PathDeserializer(Deserializer):
    """Deserializer that reads arrays by path, all of them before it writes the first.

    Args:
        arrays: Arrays by path.
        path: Prefix of every key.
        strict: Whether a missing value is an error; otherwise the object keeps what it has.
        ignore_names: Key, function of a key, or list of them: values that the object keeps.

    Raises:
        ValueError: If `ignore_names` holds anything else.
    """

    def __init__(
        self,
        arrays: Mapping[str, Any],
        path: str,
        strict: bool,
        ignore_names: Name | Sequence[Name] | None,
    ) -> None:
        self._arrays = arrays
        self.path = path
        self.strict = strict
        self.ignore_names = _as_tuple(ignore_names)

    def __getitem__(self, key: str) -> PathDeserializer:
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
        if (not self.strict and key not in self._arrays) or self._ignores(key):
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

    def _part(self, path: str, checking: bool) -> PathDeserializer:
        part = copy.copy(self)
        part.path, part.checking = path, checking
        return part

    @property
    def _name(self) -> str:
        return self._arrays.name if isinstance(self._arrays, Store) else "the dictionary"

    def _ignores(self, key: str) -> bool:
        names = self.ignore_names
        return any(key == name if isinstance(name, str) else name(key) for name in names)

    def _read(self, key: str) -> Array:
        if key not in self._arrays:
            raise MissingKeyError(self._missing(key))
        if isinstance(self._arrays, Store):
            return self._arrays.hold(key) if self.checking else self._arrays.release(key)
        return as_array(key, self._arrays[key])

    def _missing(self, key: str) -> str:
        held = sorted(self._arrays)
        shown = ", ".join(held[:8]) + (", ..." if len(held) > 8 else "")
        slash = ""
        if self.path and not self.path.endswith("/"):
            slash = f"The path {self.path!r} has no slash at its end; is {self.path}/ meant? "
        return (
            f"{self._name} holds no value called {key!r}. It holds {len(held)}: {shown}\n"
            f"{slash}With strict=False the object keeps what it has where the file has nothing."
        )


def _as_tuple(ignore_names: Name | Sequence[Name] | None) -> tuple[Name, ...]:
    if ignore_names is None:
        return ()
    names: Any = ignore_names if isinstance(ignore_names, (list, tuple)) else (ignore_names,)
    for name in names:
        if not (isinstance(name, str) or callable(name)):
            message = f"ignore_names takes strings and functions, not {name!r}"
            raise ValueError(message)  # noqa: TRY004 - the type that Chainer raises
    return tuple(names)
