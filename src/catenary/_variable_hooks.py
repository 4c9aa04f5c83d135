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
_bound: weakref.WeakKeyDictionary[Any, dict[str, Any]] = weakref.WeakKeyDictionary()


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
    own = _bound.get(operation)
    return tuple((_thread.hooks if own is None else {**_thread.hooks, **own}).values())


def bound(operation: Any) -> dict[str, Any]:
    """Return the hooks of one operation by name."""
    return _bound.get(operation, {})


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
    if name in _bound.get(operation, ()):
        raise KeyError(f"{operation.label} already has a function hook named {name!r}")
    if operation not in _bound:
        _bound[operation] = {}
        weakref.finalize(operation, _count, -1).atexit = False
        _count(1)
    _bound[operation][name] = hook


def unbind(operation: Any, name: str) -> Any:
    """Take a hook off one operation and return it.

    Raises:
        KeyError: The operation has no hook of this name.
    """
    hooks = _bound.get(operation, {})
    if name not in hooks:
        raise KeyError(f"{operation.label} has no function hook named {name!r}")
    return hooks.pop(name)
