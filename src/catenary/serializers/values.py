"""What a file may hold, and when a stored value fits the one it is meant for; for every format."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary.errors import SnapshotError

__all__ = ["as_array", "as_scalar", "check_fit"]

Array = np.ndarray[Any, Any]


def as_array(key: str, value: Any) -> Array:
    """Return `value` as an array that a file can hold; None as an array of the object None.

    Args:
        key: Name of the value, for messages.
        value: Array, number, string, None, or list or tuple of numbers. An array is not copied.

    Raises:
        TypeError: If `value` is something else, or could only be pickled.
    """
    if not isinstance(value, (np.ndarray, list, tuple, type(None))) and not np.isscalar(value):
        raise TypeError(
            f"the value {key!r} is a {type(value).__name__}, which a snapshot cannot hold. "
            "Give an array, a number, a string or None."
        )
    array = np.asarray(value)
    if array.dtype.hasobject and not (array.ndim == 0 and array[()] is None):
        raise TypeError(
            f"the value {key!r} ({type(value).__name__}, dtype {array.dtype}) holds Python objects "
            "that would have to be pickled; pickles are neither written nor read here. "
            "Give arrays of numbers or strings."
        )
    return array


def check_fit(stored: Array, value: Array, where: str) -> None:
    """Refuse to load `stored` into the array `value` unless shape and kind agree.

    Args:
        stored: Array from the file.
        value: Array of the object.
        where: Beginning of the message.

    Raises:
        SnapshotError: If the shapes differ, the dtype would lose its kind (float to int, complex to
            float), or `value` is read-only.
    """
    if stored.shape != value.shape:
        raise SnapshotError(
            f"{where}: the file has shape {stored.shape}, the object {value.shape}.\n"
            "Build the object as it was when it was saved, or skip the value with ignore_names."
        )
    if not np.can_cast(stored.dtype, value.dtype, "same_kind"):
        raise SnapshotError(
            f"{where}: the file has dtype {stored.dtype}, which does not convert to {value.dtype}."
        )
    if not value.flags.writeable:
        raise SnapshotError(f"{where}: the object's array is read-only.")


def as_scalar(stored: Array, value: Any, where: str) -> Any:
    """Return `stored` as an object of the type of `value`.

    Args:
        stored: Array from the file.
        value: Number, string, list or tuple that the object holds.
        where: Beginning of the message.

    Raises:
        SnapshotError: If `stored` is no such value, or only with loss.
    """
    kind: Any = type(value)
    if isinstance(value, str) and stored.dtype.kind == "S":  # text as Python 2 had it
        stored = np.char.decode(stored, "utf-8")
    many = isinstance(value, (list, tuple))
    number = issubclass(stored.dtype.type, np.number)
    whole = kind is int and issubclass(stored.dtype.type, np.integer)
    lossless = not number or whole or np.can_cast(stored.dtype, kind, "safe")
    try:
        if lossless and (many or not stored.ndim):
            return kind(stored)
    except (TypeError, ValueError) as error:
        raise SnapshotError(_mismatch(stored, kind, where)) from error
    raise SnapshotError(_mismatch(stored, kind, where))


def _mismatch(stored: Array, kind: type, where: str) -> str:
    held = repr(stored[()]) if not stored.ndim else f"an array of shape {stored.shape}"
    return f"{where}: the file has {held}, which does not convert to {kind.__name__}."
