"""Two tokens that say whether anything a plan depends on has changed.

Whoever writes something that a step relies on calls :func:`structure` or :func:`values`; a plan
keeps the tokens it was made under and compares two integers a step instead of asking a thousand
objects. The tokens are the process's: a write that concerns another optimizer costs a check and is
never missed.
"""

from __future__ import annotations

import itertools

__all__ = ["Tokens", "now", "structure", "values"]

Tokens = tuple[int, int]

# `next` on a count is atomic under the GIL, and no two writers ever store the same number, so a
# reader that compares for equality cannot miss a change that raced with another.
_fresh = itertools.count(1)
_structure = 0
_values = 0


def structure() -> None:
    """Announce a change of shape: a rule, hook, state array, memory or set of parameters was
    replaced.
    """
    global _structure
    _structure = next(_fresh)


def values() -> None:
    """Announce a change of value: a hyperparameter was written."""
    global _values
    _values = next(_fresh)


def now() -> Tokens:
    """Return the current (structure, values) tokens."""
    return _structure, _values
