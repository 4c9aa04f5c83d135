"""Registration of hooks: names, timings, order."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

from catenary import changes
from catenary.errors import HookError

__all__ = ["DuplicateHookError", "Hookable", "UnknownHookError"]

Hook = Callable[..., Any]
TIMINGS = ("pre", "post")


class DuplicateHookError(HookError, KeyError):
    """A hook of that name is registered already."""

    __str__ = Exception.__str__


class UnknownHookError(HookError, KeyError):
    """There is no hook of that name."""

    __str__ = Exception.__str__


class Hookable:
    """Hooks by timing and name, in order of registration.

    Args:
        owner: How messages call whoever holds the hooks.
        lenient: Whether a hook whose own ``timing`` is unknown runs as 'pre' with a warning (an
            optimizer's hooks, as in Chainer) or is refused (a rule's).
    """

    def __init__(self, owner: str, *, lenient: bool) -> None:
        self._owner = owner
        self._lenient = lenient
        self._hooks: dict[str, dict[str, Hook]] = {timing: {} for timing in TIMINGS}

    def add(self, hook: Hook, name: str | None, timing: str) -> None:
        """Register a hook; everything is checked before anything changes.

        Raises:
            TypeError: If it is not callable, or a class.
            HookError: If it has no name, its name is taken, or its timing is unknown.
        """
        if not callable(hook):
            raise TypeError(
                f"a hook must be callable, and {hook!r} ({type(hook).__name__}) is not."
            )
        if isinstance(hook, type):
            raise TypeError(
                f"add_hook got the class {hook.__name__}, and needs a hook made of it: "
                f"add_hook({hook.__name__}(...)), such as add_hook(WeightDecay(1e-4))."
            )
        timing = self._timing(hook, timing)
        if name is None:
            name = getattr(hook, "name", None) or getattr(hook, "__name__", None)
        if name is None:
            raise HookError(
                f"the hook {hook!r} has neither a `name` nor a `__name__`; "
                f"give one: add_hook(hook, name='...')."
            )
        if any(name in hooks for hooks in self._hooks.values()):
            raise DuplicateHookError(
                f"{self._owner} already has a hook called {name!r}; remove it first "
                f"(remove_hook({name!r})) or give this one another name: add_hook(hook, "
                "name='...')."
            )
        self._hooks[timing][name] = hook
        changes.structure()

    def _timing(self, hook: Hook, timing: str) -> str:
        if timing in TIMINGS:
            return timing
        if timing != "auto":
            raise HookError(f"timing must be 'pre', 'post' or 'auto', and is {timing!r}.")
        own = getattr(hook, "timing", "pre")
        if own in TIMINGS:
            return str(own)
        told = f"the hook {hook!r} has timing={own!r}, which is neither 'pre' nor 'post'"
        if not self._lenient:
            raise HookError(f"{told}; set it, or say add_hook(hook, timing='pre').")
        warnings.warn(f"{told}; it will run as 'pre'.", UserWarning, stacklevel=4)
        return "pre"

    def remove(self, name: str) -> None:
        """Forget the hook called `name`.

        Raises:
            HookError: If there is none (a KeyError too).
        """
        for hooks in self._hooks.values():
            if name in hooks:
                del hooks[name]
                changes.structure()
                return
        known = ", ".join(map(repr, [n for hooks in self._hooks.values() for n in hooks])) or "none"
        raise UnknownHookError(f"{self._owner} has no hook called {name!r}; it has: {known}.")

    def at(self, timing: str) -> Iterator[tuple[str, Hook]]:
        """Return (name, hook) of every hook of a timing, in order of registration.

        Raises:
            HookError: If the timing is unknown.
        """
        if timing not in TIMINGS:
            raise HookError(f"timing must be 'pre' or 'post', and is {timing!r}.")
        # A hook may remove itself while it runs.
        return iter(list(self._hooks[timing].items()))
