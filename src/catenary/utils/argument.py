"""Keyword arguments that a function takes as a dictionary."""

from __future__ import annotations

import inspect
from typing import Any

__all__ = ["assert_kwargs_empty", "check_unexpected_kwargs", "parse_kwargs"]


def check_unexpected_kwargs(kwargs: dict[str, Any], **unexpected: str) -> None:
    """Refuse some keyword arguments with a message of their own.

    Args:
        kwargs: What was given.
        unexpected: Message by name of the argument.

    Raises:
        ValueError: One of them was given.
    """
    for name, message in unexpected.items():
        if name in kwargs:
            raise ValueError(message)


def parse_kwargs(
    kwargs: dict[str, Any], *name_and_values: tuple[str, Any], **unexpected: str
) -> tuple[Any, ...]:
    """Take keyword arguments out of a dictionary, in order, and refuse what is left.

    Args:
        kwargs: What was given; what is taken leaves it.
        name_and_values: Pairs of name and default.
        unexpected: As in :func:`check_unexpected_kwargs`.

    Raises:
        TypeError: There are others.
        ValueError: One of `unexpected` was given.
    """
    check_unexpected_kwargs(kwargs, **unexpected)
    values = tuple([kwargs.pop(name, default) for name, default in name_and_values])
    if kwargs:
        caller = inspect.stack()[1].function
        names = ", ".join(repr(name) for name in sorted(kwargs))
        raise TypeError(f"{caller}() got unexpected keyword arguments: {names}")
    return values


def assert_kwargs_empty(kwargs: dict[str, Any]) -> None:
    """Refuse all keyword arguments.

    Raises:
        TypeError: There are some.
    """
    parse_kwargs(kwargs)
