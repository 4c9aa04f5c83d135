"""The module that an array's operations are in."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["module_of"]


def module_of(array: Any) -> Any:
    """Return `numpy` or `cupy`, whichever made the array."""
    return sys.modules[type(array).__module__.partition(".")[0]]
