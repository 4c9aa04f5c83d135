"""The decorator `static_code`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["static_code"]


def static_code(*args: Any, **kwargs: Any) -> Any:
    """Return the decorated function as it is: it runs whenever it is called.

    Used bare (``@static_code``) or with Chainer's options, which have no effect.

    Differs:
        Chainer puts the function into the schedule that
        :func:`~catenary.graph_optimizations.static_graph.static_graph` records.
    """
    if len(args) == 1 and not kwargs and callable(args[0]):
        return args[0]

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    return decorate
