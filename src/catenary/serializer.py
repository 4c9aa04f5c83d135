"""The protocol that saves and loads: one method visits an object's values, both ways.

``obj.serialize(serializer)`` calls ``self.x = serializer("x", self.x)`` for each value; whether
that saves or loads is the serializer's affair.
"""

from __future__ import annotations

from typing import Any

__all__ = ["AbstractSerializer", "Deserializer", "Serializer"]


class AbstractSerializer:
    """What an object's ``serialize(serializer)`` method is given.

    ``serializer(key, value)`` exchanges one value, ``serializer[key]`` is the serializer of a part.
    A :class:`Serializer` stores `value` and returns it; a :class:`Deserializer` writes into `value`
    if it is an array and returns what it read otherwise.
    """

    def __getitem__(self, key: str) -> Any:
        """Return the serializer of the part called `key`."""
        raise NotImplementedError(f"{type(self).__name__} does not define __getitem__")

    def __call__(self, key: str, value: Any) -> Any:
        """Save or load the value called `key`.

        Args:
            key: Name of the value, unique in its part.
            value: Array, scalar, string or None.

        Returns:
            The value that the object should hold from now on.

        Raises:
            KeyError: When loading, if the value is missing and must not be.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")


class Serializer(AbstractSerializer):
    """Base of everything that saves."""

    def save(self, obj: Any) -> None:
        """Save `obj` by calling ``obj.serialize(self)``."""
        obj.serialize(self)


class Deserializer(AbstractSerializer):
    """Base of everything that loads.

    Attributes:
        checking: True during a rehearsal, in which every value is looked up and compared and
            nothing is written: arrays and scalars come back as they were given. None and the empty
            string hold nothing, so for them the stored value comes back. An object that does more
            with a value than to keep it should leave itself alone while this is True.
    """

    checking: bool = False

    def load(self, obj: Any) -> None:
        """Load `obj` by calling ``obj.serialize(self)``."""
        obj.serialize(self)
