"""The modules and public names of Chainer 7.8.1 and ChainerMN, as data."""

from __future__ import annotations

import functools
from pathlib import Path

__all__ = [
    "CHAINER_VERSION",
    "chainer_has",
    "chainer_modules",
    "chainer_names",
    "is_package",
    "places_of",
]

CHAINER_VERSION = "7.8.1"
"""The version that `chainer.__version__` names: the last one, whose behaviour is kept."""

_FILE = Path(__file__).with_name(f"chainer-{CHAINER_VERSION}.txt")


@functools.cache
def _table() -> dict[str, dict[str, str]]:
    """Module to its names, each with the dotted path of what it is in Chainer."""
    table = {}
    for line in _FILE.read_text(encoding="utf-8").splitlines():
        module, _, words = line.partition(":")
        entries = (word.partition("=") for word in words.split())
        table[module] = {name: path or f"{module}.{name}" for name, _, path in entries}
    return table


def chainer_modules() -> frozenset[str]:
    """Return the dotted paths of Chainer's and ChainerMN's modules."""
    return frozenset(_table())


@functools.cache
def _packages() -> frozenset[str]:
    return frozenset(path.rpartition(".")[0] for path in _table())


def is_package(path: str) -> bool:
    """Return whether one of Chainer's modules has modules below it."""
    return path in _packages()


def chainer_names(module: str) -> dict[str, str]:
    """Return the public names of one of Chainer's modules, and where each is at home there.

    Args:
        module: Chainer's path, for example ``"chainer.function"``. One that Chainer does not have
            has no names.
    """
    return _table().get(module, {})


@functools.cache
def _places() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for module, entries in _table().items():
        for name, path in entries.items():
            if path.endswith(f".{name}") and path != f"{module}.{name}":
                found.setdefault(path, []).append(module)
    return {path: sorted(modules, key=len) for path, modules in found.items()}


def places_of(path: str) -> list[str]:
    """Return the modules that Chainer offers a name at, beside its home; shortest path first.

    Args:
        path: Where the name is at home, for example ``"chainer.link.Chain"``.
    """
    return _places().get(path, [])


def chainer_has(path: str) -> bool:
    """Return whether Chainer 7.8.1 had a module or a public name under this dotted path."""
    module, _, name = path.rpartition(".")
    return path in _table() or name in chainer_names(module)
