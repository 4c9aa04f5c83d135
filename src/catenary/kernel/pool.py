"""Run compiled kernels over chunks, on several threads where the pool was built."""

from __future__ import annotations

import ctypes
import functools
import warnings
from typing import Any

import numpy as np
import torch

from catenary.config import config
from catenary.kernel.library import entry

__all__ = ["CHUNK", "run_chunks"]

CHUNK = np.dtype(
    [
        (name, np.int64)
        for name in ("function", "pointers", "scalars", "start", "count", "out", "streams")
    ]
)
"""One piece of work, as `pool.cc` lays it out: addresses and a range of elements.

`streams` is where the arrays that it walks are told, as (place among the pointers, bytes of a
value), ended by zeros.
"""

_KERNEL = ctypes.CFUNCTYPE(
    None, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p
)


def run_chunks(chunks: np.ndarray[Any, Any], address: int, values: int) -> None:
    """Run every chunk, in any order, on at most as many threads as torch is set to use.

    Args:
        chunks: Of dtype :data:`CHUNK`, contiguous.
        address: Where they begin in memory; NumPy takes a microsecond to say it.
        values: How many elements they have together.
    """
    if not len(chunks):
        return
    pool = _pool()
    if pool is not None:
        threads, flush = torch.get_num_threads(), bool(config.flush_subnormals)
        pool(address, len(chunks), values, threads, flush)
        return
    for function, pointers, scalars, start, count, out, _ in chunks.tolist():
        if count:
            _KERNEL(function)(start, count, pointers, scalars, out)


@functools.cache
def _pool() -> Any:
    """Return the pool's entry point; None, after one warning, where none fits this code."""
    run = entry("catenary_run_chunks")
    if run is None:
        warnings.warn(
            "catenary's thread pool was not built, or from other sources than these, so optimizer "
            "steps run on one thread and do not flush subnormals. Reinstall catenary where a C++20 "
            "compiler is found.",
            RuntimeWarning,
            stacklevel=2,
        )
        return None
    number = ctypes.c_int64
    run.argtypes = (ctypes.c_void_p, number, number, ctypes.c_int, ctypes.c_int)
    run.restype = None
    return run
