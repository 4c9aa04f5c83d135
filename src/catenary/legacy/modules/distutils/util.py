"""Words for true and false."""

from __future__ import annotations

__all__ = ["strtobool"]

_TRUE = {"y", "yes", "t", "true", "on", "1"}
_FALSE = {"n", "no", "f", "false", "off", "0"}


def strtobool(val: str) -> int:
    """Return 1 for a word that means yes and 0 for one that means no.

    Raises:
        ValueError: For any other word.
    """
    word = val.lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"invalid truth value {val!r}")
    return int(word in _TRUE)
