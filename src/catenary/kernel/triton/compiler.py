"""Make Triton kernels of their text. Triton is imported at the first kernel."""

from __future__ import annotations

import functools
import itertools
import linecache
import threading
import warnings
from typing import Any

__all__ = ["has_triton", "kernel"]

_lock = threading.Lock()
_numbers = itertools.count()


@functools.cache
def has_triton() -> bool:
    """Return whether Triton can be imported; torch's builds for CUDA bring it.

    To be asked only where there is something to run on a GPU: if it cannot, it says so once.
    """
    try:
        import triton  # noqa: F401
    except (ImportError, OSError) as error:
        warnings.warn(
            f"Triton cannot be imported ({error}), so optimizer steps on the GPU run as torch "
            f"operations, several times slower. Install it with: pip install triton",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True


@functools.lru_cache(maxsize=4096)
def kernel(text: str, name: str) -> Any:
    """Return the kernel called `name` of a module's text; equal texts are compiled once."""
    import triton
    import triton.language as tl

    with _lock:
        # Triton reads a kernel's source where Python's tracebacks do.
        file = f"<catenary kernel {next(_numbers)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        names: dict[str, Any] = {"triton": triton, "tl": tl, "__name__": "catenary.kernel.triton"}
        exec(compile(text, file, "exec"), names)  # noqa: S102 - spelled by `text`
        return names[name]
