"""Which function sets up which type of layer; programs add their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from catenary.links.caffe._schema import OLD_TYPES

__all__ = ["layer", "setup_of"]

Setup = Callable[[Any, Any], None]
_F = TypeVar("_F", bound=Setup)

_by_type: dict[str, Setup] = {}
_by_old_type: dict[int, Setup] = {}


def layer(type: str, old_type: str | None) -> Callable[[_F], _F]:
    """Return a decorator of functions ``(net, layer)`` that set up one type of layer.

    The function puts what computes the layer into ``net.forwards[layer.name]`` and calls
    ``net._add_layer(layer)``; or it does nothing, and the layer is left out. Programs decorate
    methods of subclasses, which then serve every :class:`CaffeFunction`.

    Args:
        type: The type's name in files of today.
        old_type: Its name in files before 2014, such as ``"INNER_PRODUCT"``; None without.

    Raises:
        ValueError: There was no type of the old name.
    """
    if old_type is not None and old_type not in OLD_TYPES:
        raise ValueError(f"Caffe had no layer type {old_type!r}; it had {', '.join(OLD_TYPES)}")

    def register(setup: _F) -> _F:
        _by_type[type] = setup
        if old_type is not None:
            _by_old_type[OLD_TYPES.index(old_type)] = setup
        return setup

    return register


def setup_of(type: str | int) -> Setup | None:
    """Return what sets up layers of a type: a name, or an old layer's integer."""
    return _by_old_type.get(type) if isinstance(type, int) else _by_type.get(type)
