"""The compiled file: the thread pool, and what reads many tensors at once."""

from __future__ import annotations

import ctypes
import functools
import hashlib
from pathlib import Path
from typing import Any

__all__ = ["entry"]


@functools.cache
def entry(name: str, *, keeps_gil: bool = False) -> Any:
    """Return a function of the compiled file; None where that cannot be used.

    It was not built, or cannot be loaded, or was compiled from other sources than those that lie
    here, as after an update of a checkout: it takes other arguments then.

    Args:
        name: The function's.
        keeps_gil: Whether other Python threads wait while it runs.
    """
    folder = Path(__file__).parent
    load = ctypes.PyDLL if keeps_gil else ctypes.CDLL
    for path in sorted(folder.glob("_compiled*.so")):
        try:
            library = load(str(path))
            if _fits(library, sorted(folder.glob("*.cc"))):
                return getattr(library, name)
        except (OSError, AttributeError):
            continue
    return None


def _fits(library: Any, sources: list[Path]) -> bool:
    """Whether a library was compiled from the sources here; where there are none, nothing differs.

    `setup.py` makes the same digest.
    """
    if not sources:
        return True
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    library.catenary_sources.restype = ctypes.c_char_p
    return bool(library.catenary_sources() == digest.encode())
