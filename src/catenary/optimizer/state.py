"""A rule's state arrays, and attributes whose replacement a plan must hear of."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from catenary import changes
from catenary.backends.memory import array_of, tensor_of

__all__ = [
    "Announced",
    "State",
    "exchange",
    "is_reading",
    "narrowed",
    "read_optional",
]


class State(dict[str, Any]):
    """A dictionary that announces when one of its arrays is replaced, added or removed.

    Writing into an array (``state["v"][...] = 0``) needs no announcement: the memory is the same.
    """

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        changes.structure()

    def __delitem__(self, key: str) -> None:
        super().__delitem__(key)
        changes.structure()

    def update(self, *args: Any, **kwargs: Any) -> None:
        super().update(*args, **kwargs)
        changes.structure()

    def pop(self, *args: Any) -> Any:
        changes.structure()
        return super().pop(*args)

    def popitem(self) -> tuple[str, Any]:
        changes.structure()
        return super().popitem()

    def setdefault(self, key: str, default: Any = None) -> Any:
        changes.structure()
        return super().setdefault(key, default)

    def clear(self) -> None:
        super().clear()
        changes.structure()

    def __ior__(self, other: Any) -> State:  # type: ignore[override,misc]
        self.update(other)
        return self


class Announced:
    """An attribute whose assignment announces a structural change."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        if obj is None:
            return self
        try:
            return obj.__dict__[self._name]
        except KeyError:
            raise AttributeError(
                f"{type(obj).__name__} has no {self._name!r} yet; does its __init__ call "
                f"super().__init__()?"
            ) from None

    def __set__(self, obj: Any, value: Any) -> None:
        obj.__dict__[self._name] = value
        changes.structure()


def exchange(serializer: Any, key: str, held: Any) -> Any:
    """Save or load a state array.

    What is no NumPy array passes as a copy in the CPU's memory; bfloat16, which files lack, exactly
    as float32.
    """
    if isinstance(held, np.ndarray) or not hasattr(held, "__dlpack__"):
        return serializer(key, held)
    own = tensor_of(held)
    wide = own.float() if own.dtype == torch.bfloat16 else own
    value = serializer(key, wide.cpu().numpy())
    if value is not None and is_reading(serializer) and not getattr(serializer, "checking", False):
        own.copy_(torch.from_numpy(np.asarray(value)))
    return held


def narrowed(value: Any, like: Any) -> Any:
    """Return a state array as it was loaded, where `like` is, and in bfloat16 where `like` is."""
    if isinstance(like, np.ndarray) or not hasattr(like, "__dlpack__"):
        return value
    wanted = tensor_of(like)
    placed = torch.from_numpy(np.asarray(value)).to(wanted.device)
    return array_of(placed.bfloat16() if wanted.dtype == torch.bfloat16 else placed)


def read_optional(serializer: Any, key: str, value: Any) -> Any:
    """Save `value` under `key`, or load it if the file has it: for keys that Chainer does not
    write.
    """
    try:
        loaded = serializer(key, value)
    except KeyError:
        return value
    return value if loaded is None else loaded


def is_reading(serializer: Any) -> bool:
    """Return whether a serializer loads; one that loads has a ``load`` method, as in Chainer."""
    return hasattr(serializer, "load")
