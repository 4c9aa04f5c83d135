"""Making several test classes out of one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

__all__ = ["Cases", "Variant", "multiply"]


class Variant(NamedTuple):
    """One class to be made.

    Attributes:
        name: The class's name.
        members: Its own attributes.
        method: Takes a test method, returns the one to put in its place, None to hide it.
    """

    name: str
    members: dict[str, Any]
    method: Callable[[Any], Any]


class Cases:
    """The classes that a decorator has made; another decorator may multiply them again.

    Args:
        classes: Classes that stand in their modules under their names.
    """

    def __init__(self, classes: list[type]) -> None:
        self.classes = classes


def multiply(variants: Callable[[type], Iterable[Variant]]) -> Callable[[Any], Cases]:
    """Return a class decorator that puts variants of a test class into the class's module.

    Args:
        variants: Says for a class which ones.
    """

    def decorate(given: Any) -> Cases:
        made = []
        for base in given.classes if isinstance(given, Cases) else [given]:
            module = sys.modules[base.__module__]
            if isinstance(given, Cases):
                delattr(module, base.__name__)
            made += [_variant(base, variant, module) for variant in variants(base)]
        return Cases(made)

    return decorate


def _variant(base: type, variant: Variant, module: Any) -> type:
    members = {**variant.members, "__module__": module.__name__}
    for name in dir(base):
        method = getattr(base, name)
        if name.startswith("test_") and callable(method):
            members[name] = variant.method(method)
    made = type(variant.name, (base,), members)
    setattr(module, variant.name, made)
    return made
