"""`chainer`, as catenary answers to it: every name and every module is catenary's own.

It holds no code: it may call `catenary.standin`, which knows where each name lives here.
Called by programs written for Chainer, and by their child processes through PYTHONPATH.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

try:
    import catenary
    from catenary.standin import importing, names, resolving
except ModuleNotFoundError as error:
    if error.name != "catenary":
        raise
    raise ImportError(
        "this `chainer` is catenary's stand-in, which PYTHONPATH names, but this Python has no "
        f"catenary. Install catenary here, or take {Path(__file__).parents[1]} "
        "out of PYTHONPATH."
    ) from None

importing.install()
# Chainer loads everything when it is imported; programs count on Variable's operators at least.
importlib.import_module("catenary.functions")

__version__ = names.CHAINER_VERSION
disable_experimental_feature_warning = False  # programs set it; nothing here is experimental


def __getattr__(name: str) -> Any:
    if name == "chainerx":
        return importlib.import_module(name)
    if name in _ROOMS:
        return importlib.import_module(f"{__name__}.{name}")
    if hasattr(catenary, name):
        return getattr(catenary, name)
    return resolving.attribute(__name__, name)


def __dir__() -> list[str]:
    return sorted({"__version__", "chainerx", *_ROOMS, *catenary.__all__})


def _rooms() -> set[str]:
    """The modules right below `chainer` that are here; `config` is the object, as in Chainer."""
    below = {path.split(".")[1] for path in names.chainer_modules() if path.startswith("chainer.")}
    ours = {name for name in catenary.__all__ if resolving.module_here(f"chainer.{name}")}
    there = {name for name in below if resolving.module_here(f"chainer.{name}")}
    return there | ours


_ROOMS = _rooms()
