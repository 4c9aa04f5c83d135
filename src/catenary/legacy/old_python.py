"""What Python's library once had and has no other name for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["ArgSpec", "getargspec"]


class ArgSpec(NamedTuple):
    """A function's positional arguments, the names of its `*` and `**`, and its defaults."""

    args: list[str]
    varargs: str | None
    keywords: str | None
    defaults: tuple[Any, ...] | None


def getargspec(func: Callable[..., Any]) -> ArgSpec:
    """Return the arguments of a function that has no keyword-only ones.

    Raises:
        ValueError: If it has; `inspect.getfullargspec` knows them.
    """
    full = inspect.getfullargspec(func)
    if full.kwonlyargs:
        raise ValueError(
            f"{func!r} has keyword-only arguments, which getargspec cannot tell; "
            "use inspect.getfullargspec."
        )
    return ArgSpec(full.args, full.varargs, full.varkw, full.defaults)
