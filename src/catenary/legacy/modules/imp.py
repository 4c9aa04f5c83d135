"""`imp`, as far as programs used it to load files by their path, on `importlib`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.machinery import (
    BYTECODE_SUFFIXES,
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    PathFinder,
    SourceFileLoader,
)
from types import ModuleType
from typing import Any

__all__ = [
    "C_EXTENSION",
    "PKG_DIRECTORY",
    "PY_COMPILED",
    "PY_SOURCE",
    "find_module",
    "get_suffixes",
    "load_module",
    "load_package",
    "load_source",
    "new_module",
    "reload",
]

PY_SOURCE, PY_COMPILED, C_EXTENSION, PKG_DIRECTORY = 1, 2, 3, 5

reload = importlib.reload


def new_module(name: str) -> ModuleType:
    """Return an empty module."""
    return ModuleType(name)


def get_suffixes() -> list[tuple[str, str, int]]:
    """Return the endings of files that can be imported, with mode and kind."""
    return [
        *((suffix, "rb", C_EXTENSION) for suffix in EXTENSION_SUFFIXES),
        *((suffix, "r", PY_SOURCE) for suffix in SOURCE_SUFFIXES),
        *((suffix, "rb", PY_COMPILED) for suffix in BYTECODE_SUFFIXES),
    ]


def load_source(name: str, pathname: str, file: Any = None) -> ModuleType:
    """Load a file of Python as module `name`, again if it is loaded already."""
    return _load(name, SourceFileLoader(name, pathname))


def load_package(name: str, path: str) -> ModuleType:
    """Load a folder with an `__init__.py` as package `name`."""
    return load_source(name, f"{path}/__init__.py")


def find_module(name: str, path: list[str] | None = None) -> tuple[Any, str, tuple[str, str, int]]:
    """Return a module's open file, its path and its kind, without loading it.

    Raises:
        ImportError: If there is none.
    """
    spec = PathFinder.find_spec(name, path) if path else importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ImportError(f"No module named {name!r}", name=name)
    if spec.submodule_search_locations:
        return None, next(iter(spec.submodule_search_locations)), ("", "", PKG_DIRECTORY)
    kind = next(kind for kind in get_suffixes() if spec.origin.endswith(kind[0]))
    mode = kind[1]
    file = open(spec.origin, mode, encoding=None if "b" in mode else "utf-8")  # noqa: PTH123, SIM115
    return file, spec.origin, kind


def load_module(
    name: str, file: Any, pathname: str, description: tuple[str, str, int]
) -> ModuleType:
    """Load what :func:`find_module` found."""
    if description[2] == PKG_DIRECTORY:
        return load_package(name, pathname)
    spec = importlib.util.spec_from_file_location(name, pathname)
    if spec is None:
        raise ImportError(f"{pathname} is no module", name=name, path=pathname)
    return _load(name, spec.loader)


def _load(name: str, loader: Any) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, loader.get_filename(name), loader=loader)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules.get(name)
    if module is None:
        module = importlib.util.module_from_spec(spec)
    module.__spec__, module.__file__ = spec, spec.origin
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
