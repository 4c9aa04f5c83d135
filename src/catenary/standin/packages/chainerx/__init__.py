"""`chainerx`, as a Chainer without it answers: importable, and not available.

Programs ask it whether an array is one of its own, and none ever is.
It may call nothing; called by programs written for Chainer.
"""

from __future__ import annotations

from typing import Any, NoReturn

__all__ = ["is_available", "ndarray"]


def is_available() -> bool:
    """Return False: catenary computes with torch, and has no ChainerX."""
    return False


class ndarray:
    """The type that no array has; it is here for `isinstance`.

    Raises:
        RuntimeError: Always, when called.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("chainerx is not available: catenary has NumPy and CuPy arrays.")


def __getattr__(name: str) -> NoReturn:
    raise AttributeError(
        f"chainerx has no {name!r} here: ask chainerx.is_available() first, which is False."
    )
