"""Link hooks that come with the house, one a file.

May import `link_hook` and numpy. Called by users, in a ``with`` statement or by ``link.add_hook``.
"""

from __future__ import annotations

from catenary.link_hooks.timer import TimerHook

__all__ = ["TimerHook"]
