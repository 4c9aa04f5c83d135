"""The decorator `static_graph`."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

__all__ = ["static_graph"]


def static_graph(*args: Any, **kwargs: Any) -> Any:
    """Return the decorated `forward` as it is: every call is defined by running it.

    Used bare (``@static_graph``) or with Chainer's options (``@static_graph(verbosity_level=1)``),
    which have no effect. Says so once, as a UserWarning.

    Differs:
        Chainer records the first call and replays it. The results are the same; code that a replay
        would skip, a `print` for example, runs at every call.
    """
    _say_so()
    if len(args) == 1 and not kwargs and callable(args[0]):
        return args[0]

    def decorate(forward: Callable[..., Any]) -> Callable[..., Any]:
        return forward

    return decorate


@functools.cache
def _say_so() -> None:
    warnings.warn(
        "static_graph does nothing in catenary: torch's graph is made anew at every call, and "
        "nothing is recorded. Remove the decorator, or ignore this.",
        UserWarning,
        stacklevel=3,
    )
