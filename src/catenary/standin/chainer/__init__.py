"""`chainer`, as catenary answers to it: every name and every module is catenary's own.

It holds no code: it may call `as_chainer`, which knows where each name lives here.
Called by programs written for Chainer, and by their child processes through PYTHONPATH.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

try:
    from catenary import as_chainer
except ModuleNotFoundError as error:
    if error.name != "catenary":
        raise
    raise ImportError(
        "this `chainer` is catenary's stand-in, which PYTHONPATH names, but this Python has no "
        f"catenary. Install catenary here, or take {Path(__file__).parents[1]} "
        "out of PYTHONPATH."
    ) from None

# Chainer loads everything when it is imported; programs count on Variable's operators at least.
importlib.import_module("catenary.functions")

__version__ = as_chainer.CHAINER_VERSION


def __getattr__(name: str) -> Any:
    return as_chainer.attribute(name)


def __dir__() -> list[str]:
    return as_chainer.names()
