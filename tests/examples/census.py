"""What lives in this process, counted so that it can be compared with what lived before."""

from __future__ import annotations

import collections
import ctypes
import gc
import os
import sys
import tracemalloc
from pathlib import Path

# torch looks methods up by strings that it makes anew each time, and Python's cache of lookups
# (4,096 entries) keeps them: it fills slowly.
clear_lookups = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache

CAN_COUNT = sys.platform == "linux" and hasattr(ctypes.CDLL(None), "mallinfo2")


class Heap(ctypes.Structure):
    """What `mallinfo2` of glibc returns."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


def objects():
    """Count by type the objects that Python's collector knows."""
    gc.collect()
    types = [type(found) for found in gc.get_objects()]
    return collections.Counter(f"{t.__module__}.{t.__qualname__}" for t in types)


def allocated():
    """Return what is taken.

    blocks: small blocks of Python, for objects of all kinds (numbers and strings too).
    heap: bytes of the C library's heap: tensors, torch's graph, whatever is not Python's; without
        what tracemalloc notes, if it does.
    resident: bytes of the process.
    """
    ask = ctypes.CDLL(None).mallinfo2
    ask.restype = Heap
    gc.collect()
    clear_lookups()
    blocks, heap = sys.getallocatedblocks(), ask()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "blocks": blocks,
        "heap": heap.uordblks + heap.hblkhd - tracemalloc.get_tracemalloc_memory(),
        "resident": pages * os.sysconf("SC_PAGE_SIZE"),
    }


def growth(before, now):
    """By how much each entry has changed."""
    return {each: n - before.get(each, 0) for each, n in now.items()}


def more_objects(before, now):
    """The types of which there are more, and how many more.

    A list or two come and go: a table of a kernel notes the addresses of the gradients, and makes
    no list where they are those of the step before.
    """
    return {name: n for name, n in growth(before, now).items() if n > 2}
