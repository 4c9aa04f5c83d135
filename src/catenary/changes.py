"""Three tokens that say whether anything a plan depends on has changed.

Whoever writes something that a step relies on calls :func:`structure`, :func:`values` or
:func:`common`; a plan keeps the tokens it was made under and compares three integers a step instead
of asking a thousand objects. The tokens are the process's: a write that concerns another optimizer
costs a check and is never missed. Beside them, :data:`scales` says whether gradients need be asked
for their loss scales at all.
"""

from __future__ import annotations

import itertools

__all__ = ["Tokens", "common", "now", "scales", "structure", "values"]

Tokens = tuple[int, int, int]

# `next` on a count is atomic under the GIL, and no two writers ever store the same number, so a
# reader that compares for equality cannot miss a change that raced with another.
_fresh = itertools.count(1)
_structure = 0
_values = 0
_common = 0


class _Scales:
    """Whether any gradient of this process was ever scaled; if none was, nobody need be asked."""

    in_use: bool = False


scales = _Scales()


def structure() -> None:
    """Announce a change of shape: a rule, hook, state array, memory or set of parameters was
    replaced.
    """
    global _structure
    _structure = next(_fresh)


def values() -> None:
    """Announce a change of value: a hyperparameter or a count of one rule was written."""
    global _values
    _values = next(_fresh)


def common() -> None:
    """Announce that a hyperparameter was written which rules only inherit.

    A schedule does this at every step: rules that agreed still agree, so it costs no look at each.
    """
    global _common
    _common = next(_fresh)


def now() -> Tokens:
    """Return the current (structure, values, common) tokens."""
    return _structure, _values, _common
