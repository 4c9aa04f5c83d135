"""Supply what is gone, lazily: a module answers to an old name when somebody asks for it."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from catenary.legacy import gone

__all__ = ["install"]

_MODULES = Path(__file__).resolve().parent / "modules"
_ANNOUNCED = "CATENARY_ANNOUNCED"  # names, inherited by child processes


def install() -> None:
    """Supply names and modules that are gone, announcing each once on stderr.

    Calling it again changes nothing.
    """
    if any(isinstance(finder, _AfterImport) for finder in sys.meta_path):
        return
    for module in _patches():
        if module in sys.modules:
            _patch(sys.modules[module])
    sys.meta_path.insert(0, _AfterImport())
    sys.meta_path.append(_GoneModules())


@functools.cache
def _patches() -> dict[str, dict[str, gone.Gone]]:
    """Module to the names that it lacks."""
    found: dict[str, dict[str, gone.Gone]] = {}
    for row in gone.RENAMED.values():
        if row.source:
            module, _, name = row.name.rpartition(".")
            found.setdefault(module, {})[name] = row
    for row in gone.METHODS.values():
        found.setdefault(row.name.split(".", maxsplit=1)[0], {})
    return found


def _patch(module: ModuleType) -> None:
    rows = _patches()[module.__name__]
    own = vars(module).get("__getattr__")
    if rows:
        vars(module)["__getattr__"] = _lookup(module, rows, own)
    for row in gone.METHODS.values():
        where, owner, old = row.name.split(".")
        if where == module.__name__ and not hasattr(getattr(module, owner), old):
            setattr(getattr(module, owner), old, _renamed_method(row, old))


def _lookup(
    module: ModuleType, rows: dict[str, gone.Gone], own: Callable[[str], Any] | None
) -> Callable[[str], Any]:
    def lookup(name: str) -> Any:
        row = rows.get(name)
        if row is None:
            if own is not None:
                return own(name)
            message = f"module {module.__name__!r} has no attribute {name!r}"
            raise AttributeError(message, name=name, obj=module)
        where, _, attribute = row.source.partition(":")
        supply = importlib.import_module(where)
        value = getattr(supply, attribute) if attribute else supply
        _announce(row)
        setattr(module, name, value)
        return value

    return lookup


def _renamed_method(row: gone.Gone, old: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        _announce(row)
        return getattr(self, row.source)(*args, **kwargs)

    method.__name__ = old
    return method


def _announce(row: gone.Gone) -> None:
    """Say once, for this process and those that it starts, what is supplied and for which line."""
    said = os.environ.get(_ANNOUNCED, "").split()
    if row.name in said:
        return
    os.environ[_ANNOUNCED] = " ".join([*said, row.name])
    sys.stderr.write(f"catenary run: {_caller()}{row}. Supplied for this run.\n")


def _caller() -> str:
    """The line of the program that asks, found past this file and the import system."""
    frame = sys._getframe(1)
    while frame.f_back is not None and _is_machinery(frame.f_code):
        frame = frame.f_back
    name = frame.f_code.co_filename
    return "" if name.startswith("<") else f"{Path(name).name}:{frame.f_lineno}: "


def _is_machinery(code: CodeType) -> bool:
    return code.co_filename == __file__ or code.co_filename.startswith("<frozen importlib")


class _AfterImport(MetaPathFinder):
    """Lets the others find a module, and patches it when it has been loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in _patches():
            return None
        for finder in sys.meta_path:
            if finder is not self:
                spec = finder.find_spec(fullname, path, target)
                if spec is not None and spec.loader is not None:
                    spec.loader = _ThenPatch(spec.loader)
                    return spec
        return None


class _ThenPatch(Loader):
    """Another loader's work, then ours; the module never hears of us."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        made: ModuleType | None = self.loader.create_module(spec)
        return made

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        _patch(module)


class _GoneModules(MetaPathFinder):
    """Asked last: finds modules that today's Python no longer has."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        row = gone.MODULES.get(fullname)
        if row is None or not row.source:
            return None
        spec = PathFinder.find_spec(fullname, [str(_MODULES)])
        if spec is None:
            if importlib.util.find_spec(row.source) is None:
                return None
            spec = ModuleSpec(fullname, _Renamed(row.source))
        _announce(row)
        return spec


class _Renamed(Loader):
    """Enters a module under its old path too."""

    def __init__(self, module: str) -> None:
        self.module = module

    def exec_module(self, module: ModuleType) -> None:
        sys.modules[module.__name__] = importlib.import_module(self.module)
