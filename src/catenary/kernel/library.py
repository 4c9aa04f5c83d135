"""The compiled file: the thread pool, and what reads many tensors at once."""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path
from typing import Any

__all__ = ["entry"]


@functools.cache
def entry(name: str, *, keeps_gil: bool = False) -> Any:
    """Return a function of the compiled file; None where that was not built or cannot be loaded.

    Args:
        name: The function's.
        keeps_gil: Whether other Python threads wait while it runs.
    """
    load = ctypes.PyDLL if keeps_gil else ctypes.CDLL
    for path in sorted(Path(__file__).parent.glob("_compiled*.so")):
        try:
            return getattr(load(str(path)), name)
        except (OSError, AttributeError):
            continue
    return None
