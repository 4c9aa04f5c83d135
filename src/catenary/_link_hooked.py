"""Hooked: how a link is called, with the hooks that watch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catenary import link_hook
from catenary._link_registry import Registry

__all__ = ["Hooked"]


class Hooked(Registry):
    """The part of a :class:`Link` that calls it."""

    # The computation; a subclass defines it.
    forward: Any

    _local_link_hooks: dict[str, link_hook.LinkHook] | None = None

    # What a base class that stands behind Link would do, found once a class.
    _call_behind: Callable[..., Any] | None = None

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._call_behind = getattr(super(), "__call__", None)  # noqa: B004 - called, if there

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call ``forward``, or the ``__call__`` of a base class that stands behind Link.

        Hooks are called before and after.
        """
        if "_params" not in self.__dict__:
            self._require_init()
        compute = self._call_behind or self.forward
        if not link_hook.in_force and not self._local_link_hooks:
            return compute(*args, **kwargs)
        hooks = link_hook.thread_hooks()
        present = tuple({**hooks, **(self._local_link_hooks or {})}.values())
        before = link_hook._ForwardPreprocessCallbackArgs(self, "forward", args, kwargs)
        for hook in present:
            hook.forward_preprocess(before)
        out = compute(*args, **kwargs)
        after = link_hook._ForwardPostprocessCallbackArgs(self, "forward", args, kwargs, out)
        for hook in present:
            hook.forward_postprocess(after)
        return out

    @property
    def local_link_hooks(self) -> dict[str, link_hook.LinkHook]:
        """Hooks of this link alone, by name."""
        if self._local_link_hooks is None:
            self._local_link_hooks = {}
        return self._local_link_hooks

    def add_hook(self, hook: link_hook.LinkHook, name: str | None = None) -> Any:
        """Register a hook with this link alone, and return the link.

        Args:
            hook: The hook.
            name: Its name; ``hook.name`` by default.

        Raises:
            TypeError: If it is no LinkHook.
            KeyError: If there is one of that name.
        """
        if not isinstance(hook, link_hook.LinkHook):
            raise TypeError(f"a hook of a link is a LinkHook, not a {type(hook).__name__}")
        name = hook.name if name is None else name
        if name in self.local_link_hooks:
            raise KeyError(f"{type(self).__name__} has a link hook called {name!r} already")
        self.local_link_hooks[name] = hook
        try:
            hook.added(self)
        except BaseException:
            del self.local_link_hooks[name]
            raise
        return self

    def delete_hook(self, name: str) -> None:
        """Remove the hook of a name.

        Raises:
            KeyError: If there is none.
        """
        if name not in self.local_link_hooks:
            raise KeyError(f"{type(self).__name__} has no link hook called {name!r}")
        self.local_link_hooks.pop(name).deleted(self)
