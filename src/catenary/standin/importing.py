"""The import statement's answer to `chainer`, `chainerx` and `chainermn`."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

from catenary.errors import StandInError
from catenary.standin import names, resolving

__all__ = ["FOLDER", "PACKAGES", "complete", "install"]

FOLDER = Path(__file__).resolve().parent / "packages"
PACKAGES = ("chainer", "chainerx", "chainermn")


def install() -> None:
    """Make `chainer`, `chainerx` and `chainermn` mean catenary, here and in child processes.

    Calling it again changes nothing.

    Raises:
        StandInError: If another package of these names is imported already.
    """
    for package in PACKAGES:
        loaded = sys.modules.get(package)
        if loaded is not None and not _is_ours(loaded):
            raise StandInError(
                f"{package} is imported already, from {getattr(loaded, '__file__', 'nowhere')}, "
                "so catenary cannot take its name in this process.\nImport catenary.as_chainer "
                f"before the first `import {package}`; for tests: pytest -p catenary.as_chainer."
            )
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    folder = str(FOLDER)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    inherited = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    if folder not in inherited:
        os.environ["PYTHONPATH"] = os.pathsep.join([folder, *inherited])


def _is_ours(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None)
    return file is not None and FOLDER in Path(file).resolve().parents


class _Finder(MetaPathFinder):
    """Finds the stand-ins, and catenary's modules under Chainer's paths."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname in PACKAGES:
            return PathFinder.find_spec(fullname, [str(FOLDER)])
        if not fullname.startswith(("chainer.", "chainermn.")):
            return None
        ours = resolving.module_here(fullname)
        if ours == fullname:
            return None  # the path finder's, as any package's module
        if ours is not None:
            return ModuleSpec(fullname, _SameModule(ours))
        if fullname in names.chainer_modules():
            return ModuleSpec(fullname, _NamesOnly(), is_package=True)
        # Not ModuleNotFoundError: `from chainer import Name` would swallow it, and its words.
        raise ImportError(resolving.what_is_lacking(fullname), name=fullname)


class _SameModule(Loader):
    """Loads nothing: enters catenary's module under Chainer's path too."""

    def __init__(self, module: str) -> None:
        self.module = module

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[module.__name__] = ours = importlib.import_module(self.module)
        complete(ours, module.__name__)


class _NamesOnly(Loader):
    """A module that Chainer has and catenary arranges otherwise: its names, found elsewhere."""

    def exec_module(self, module: ModuleType) -> None:
        module.__doc__ = f"`{module.__name__}`: a place of Chainer's, its names found in catenary."
        vars(module)["__getattr__"] = _lookup(module.__name__, None)
        vars(module)["__dir__"] = lambda: sorted(names.chainer_names(module.__name__))
        if module.__name__ == "chainer._version":
            module.__version__ = names.CHAINER_VERSION  # type: ignore[attr-defined]


def complete(module: ModuleType, theirs: str) -> None:
    """Let a module answer to every name that Chainer's module `theirs` has, and so its children.

    Names that the module has stay as they are.
    """
    ours = module.__name__
    for path, loaded in list(sys.modules.items()):
        if path == ours or path.startswith(f"{ours}."):
            own = vars(loaded).get("__getattr__")
            if not hasattr(own, "__completes__"):
                place = theirs + path.removeprefix(ours)
                vars(loaded)["__getattr__"] = _lookup(place, own)
                if names.is_package(place):
                    vars(loaded).setdefault("__path__", [])  # Chainer's modules below it


def _lookup(theirs: str, own: Callable[[str], Any] | None) -> Callable[[str], Any]:
    def lookup(name: str) -> Any:
        if own is not None:
            try:
                return own(name)
            except AttributeError:
                if not resolving.may_have(f"{theirs}.{name}"):
                    raise
        if name.startswith("__"):
            raise AttributeError(f"module {theirs!r} has no attribute {name!r}", name=name)
        return resolving.attribute(theirs, name)

    lookup.__completes__ = theirs  # type: ignore[attr-defined]
    return lookup
