"""Intel's iDeep, which Chainer could use: never available here; torch has oneDNN of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

__all__ = [
    "check_ideep_available",
    "inputs_all_ready",
    "is_ideep_available",
    "mdarray",
    "should_use_ideep",
]


class mdarray:
    """Stands in for iDeep's arrays; nothing is an instance of it."""


def is_ideep_available() -> bool:
    """Return False."""
    return False


def check_ideep_available() -> NoReturn:
    """Refuse.

    Raises:
        RuntimeError: Always.
    """
    raise RuntimeError(
        "iDeep is not used here: torch computes with oneDNN by itself. "
        "Leave config.use_ideep at 'never' and send models to '@numpy'"
    )


def should_use_ideep(level: str) -> bool:
    """Return False, whatever the level."""
    return False


def inputs_all_ready(inputs: Sequence[Any], supported_ndim: Sequence[int] = (2, 4)) -> bool:
    """Return False: no array is one of iDeep's."""
    return False
