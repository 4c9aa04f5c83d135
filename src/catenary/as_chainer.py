"""Take Chainer's name: after ``import catenary.as_chainer``, ``import chainer`` means catenary.

A program written for Chainer runs unmodified: `chainer.Variable` is `catenary.Variable`,
`chainer.functions` is `catenary.functions`, and pickles made under Chainer's names load.
Child processes follow, however they are started. Tests of such a program run with
``pytest -p catenary.as_chainer``.

It may call the front door, and modules by their names; called by users and by the stand-in.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import catenary
from catenary.errors import StandInError

__all__ = ["CHAINER_VERSION", "attribute", "install", "names"]

CHAINER_VERSION = "7.8.1"
"""The version that `chainer.__version__` names: the last one, whose behaviour is kept."""

_FOLDER = Path(__file__).resolve().with_name("standin")
_PACKAGES = ("chainer", "chainerx")
# Where a module of Chainer's lies here, if not under the same path.
_MOVED = {
    "chainer.configuration": "catenary.config",
    "chainer.cuda": "catenary.backends.cuda",
}


def install() -> None:
    """Make `chainer` and `chainerx` mean catenary, here and in child processes.

    Importing this module does it; calling it again changes nothing.

    Raises:
        StandInError: If another `chainer` or `chainerx` is imported already.
    """
    for package in _PACKAGES:
        loaded = sys.modules.get(package)
        if loaded is not None and not _is_ours(loaded):
            raise StandInError(
                f"{package} is imported already, from {getattr(loaded, '__file__', 'nowhere')}, "
                "so catenary cannot take its name in this process.\nImport catenary.as_chainer "
                f"before the first `import {package}`; for tests: pytest -p catenary.as_chainer."
            )
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    folder = str(_FOLDER)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    inherited = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if folder not in inherited:
        os.environ["PYTHONPATH"] = os.pathsep.join([folder, *inherited])


def attribute(name: str) -> Any:
    """Return what `chainer.<name>` is.

    Raises:
        AttributeError: If catenary does not have it.
    """
    module = f"chainer.{name}"
    if name in _PACKAGES:
        return importlib.import_module(name)
    if module in _MOVED:
        return importlib.import_module(module)
    try:
        return getattr(catenary, name)
    except AttributeError:
        raise AttributeError(_lack(module), name=name) from None


def names() -> list[str]:
    """Return the names that `chainer` has here, sorted."""
    moved = (module.removeprefix("chainer.") for module in _MOVED)
    return sorted({"__version__", "chainerx", *moved, *catenary.__all__})


def _is_ours(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and _FOLDER in Path(file).resolve().parents


def _lack(name: str) -> str:
    return f"{name}: catenary {catenary.__version__} does not have it (yet)."


class _Finder(MetaPathFinder):
    """Finds `chainer`, `chainerx`, and catenary's modules under Chainer's paths."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in _PACKAGES:
            return PathFinder.find_spec(fullname, [str(_FOLDER)])
        if not fullname.startswith("chainer."):
            return None
        ours = _MOVED.get(fullname, "catenary" + fullname.removeprefix("chainer"))
        if not _exists(ours):
            # Not ModuleNotFoundError: `from chainer import Name` would swallow it, and its words.
            raise ImportError(_lack(fullname), name=fullname)
        return ModuleSpec(fullname, _SameModule(ours))


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


class _SameModule(Loader):
    """Loads nothing: enters catenary's module under Chainer's path too."""

    def __init__(self, module: str) -> None:
        self.module = module

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[module.__name__] = importlib.import_module(self.module)


install()
