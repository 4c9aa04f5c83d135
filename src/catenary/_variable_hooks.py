"""The function hooks in force, where functions and `backward` look for them.

`in_force` counts the hooks of all threads, so that a call without hooks costs one comparison.
"""

from __future__ import annotations

import threading
import weakref
from typing import Any

__all__ = ["bind", "bound", "enter", "leave", "of", "of_thread", "unbind"]

in_force: int = 0

_lock = threading.Lock()


class _Thread(threading.local):
    def __init__(self) -> None:
        self.hooks: dict[str, Any] = {}


_thread = _Thread()


def _count(change: int) -> None:
    global in_force
    with _lock:
        in_force += change


def of_thread() -> dict[str, Any]:
    """Return this thread's hooks by name, in the order in which they were entered."""
    return _thread.hooks


def of(operation: Any) -> tuple[Any, ...]:
    """Return the hooks that watch `operation` in this thread: the thread's, then its own."""
    return tuple({**_thread.hooks, **bound(operation)}.values())


def bound(operation: Any) -> dict[str, Any]:
    """Return the hooks of one operation by name."""
    return getattr(operation, "_own_hooks", {})


def enter(name: str, hook: Any) -> None:
    """Put a hook in force for this thread.

    Raises:
        KeyError: A hook of this name is in force.
    """
    if name in _thread.hooks:
        raise KeyError(f"a function hook named {name!r} is already in force in this thread")
    _thread.hooks[name] = hook
    _count(1)


def leave(name: str) -> None:
    """Take a thread's hook out of force."""
    del _thread.hooks[name]
    _count(-1)


def bind(operation: Any, name: str, hook: Any) -> None:
    """Let a hook watch one operation.

    Raises:
        KeyError: The operation has a hook of this name.
    """
    if name in bound(operation):
        raise KeyError(f"{operation.label} already has a function hook named {name!r}")
    if not hasattr(operation, "_own_hooks"):
        # Kept by the operation itself, since a hook may keep the operation.
        operation._own_hooks = {}
        weakref.finalize(operation, _count, -1).atexit = False
        _count(1)
    operation._own_hooks[name] = hook


def unbind(operation: Any, name: str) -> Any:
    """Take a hook off one operation and return it.

    Raises:
        KeyError: The operation has no hook of this name.
    """
    hooks = bound(operation)
    if name not in hooks:
        raise KeyError(f"{operation.label} has no function hook named {name!r}")
    return hooks.pop(name)
