"""LinkHook: something to do before and after links compute."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

__all__ = ["LinkHook"]


@dataclass
class _ForwardPreprocessCallbackArgs:
    """What a hook is told before a link computes."""

    link: Any
    forward_name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass
class _ForwardPostprocessCallbackArgs:
    """What a hook is told after a link computed: the same, and what it returned."""

    link: Any
    forward_name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    out: Any


class LinkHook:
    """Base of hooks that links call before and after they compute.

    ``with hook:`` has all links of the thread call it; ``link.add_hook(hook)`` has one link do so.

    Attributes:
        name: Under which the hook is registered; of one name there can be one at a time.
    """

    name = "LinkHook"

    def __enter__(self) -> LinkHook:
        hooks = thread_hooks()
        if self.name in hooks:
            raise KeyError(f"a link hook called {self.name!r} is at work already")
        hooks[self.name] = self
        _count(1)
        self.added(None)
        return self

    def __exit__(self, *exc: object) -> None:
        hook = thread_hooks().pop(self.name)
        _count(-1)
        hook.deleted(None)

    def added(self, link: Any) -> None:
        """React to being registered: with `link`, or with all links, which is None."""

    def deleted(self, link: Any) -> None:
        """React to being removed: from `link`, or from all links, which is None."""

    def forward_preprocess(self, args: Any) -> None:
        """Act before a link computes.

        Args:
            args: Has ``link``, ``forward_name``, ``args`` and ``kwargs``.
        """

    def forward_postprocess(self, args: Any) -> None:
        """Act after a link computed.

        Args:
            args: Has ``link``, ``forward_name``, ``args``, ``kwargs`` and ``out``.
        """


# How many hooks all threads have, so that a call of a link without hooks costs one comparison.
in_force: int = 0

_lock = threading.Lock()
_thread = threading.local()


def _count(change: int) -> None:
    global in_force
    with _lock:
        in_force += change


def thread_hooks() -> dict[str, LinkHook]:
    """Return the hooks of all links of this thread, by name."""
    hooks: dict[str, LinkHook] | None = getattr(_thread, "hooks", None)
    if hooks is None:
        hooks = _thread.hooks = {}
    return hooks
