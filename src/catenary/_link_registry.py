"""Registry: which attributes of a link are parameters and which are persistent values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from catenary import changes, initializers
from catenary.variable import Parameter

__all__ = ["Registry"]


class Registry:
    """The part of a :class:`Link` that keeps the names of what it holds.

    Args:
        params: Parameters to add, each a shape or a pair of shape and dtype.
    """

    _within_init_scope = False

    def __init__(self, **params: Any) -> None:
        self._params: set[str] = set()
        self._persistent: set[str] = set()
        self.name: str | None = None
        for name, spec in params.items():
            shape, dtype = (spec, np.float32) if _is_shape(spec) else spec
            self.add_param(name, shape, dtype=dtype)

    def _require_init(self) -> None:
        if "_params" not in vars(self):
            raise RuntimeError(
                f"{type(self).__name__} has not been initialized as a link: "
                "call super().__init__() first in its __init__"
            )

    @property
    def within_init_scope(self) -> bool:
        """Whether an assignment would register its value."""
        return self._within_init_scope

    @contextlib.contextmanager
    def init_scope(self) -> Iterator[None]:
        """Register what is assigned inside the `with` block: parameters, and links in a Chain.

        Raises:
            RuntimeError: If ``Link.__init__`` has not been called.
        """
        self._require_init()
        before = self._within_init_scope
        self._within_init_scope = True
        try:
            yield
        finally:
            self._within_init_scope = before

    def __setattr__(self, name: str, value: Any) -> None:
        if self._within_init_scope and isinstance(value, Parameter):
            value.name = name
            self._params.add(name)
            self._persistent.discard(name)
        super().__setattr__(name, value)
        if name in vars(self).get("_params", ()):
            changes.structure()

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self._params.discard(name)
        self._persistent.discard(name)
        changes.structure()

    def add_param(
        self, name: str, shape: Any = None, dtype: Any = np.float32, initializer: Any = None
    ) -> None:
        """Make a parameter and register it.

        Args:
            name: Name of the attribute.
            shape: Its shape; None to leave it uninitialized.
            dtype: Its dtype if there is no initializer.
            initializer: What fills it; NaN by default.

        Raises:
            AttributeError: If the attribute exists.
        """
        self._require_new(name)
        if initializer is None:
            initializer = initializers.NaN(dtype)
        with self.init_scope():
            setattr(self, name, Parameter(initializer, shape))

    def add_persistent(self, name: str, value: Any) -> None:
        """Register a persistent value under a new attribute.

        Args:
            name: Name of the attribute.
            value: Array, number, string or None.

        Raises:
            AttributeError: If the attribute exists.
        """
        self._require_new(name)
        vars(self)[name] = value
        self.register_persistent(name)

    def register_persistent(self, name: str) -> None:
        """Register an attribute as a persistent value; it is a parameter no longer.

        Raises:
            AttributeError: If there is no such attribute.
        """
        if not hasattr(self, name):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r} to register")
        self._persistent.add(name)
        self._params.discard(name)
        changes.structure()

    def _require_new(self, name: str) -> None:
        if name in vars(self):
            raise AttributeError(f"{type(self).__name__} has an attribute {name!r} already")


def _is_shape(spec: Any) -> bool:
    """Whether `spec` is a shape: None, an integer, or a sequence of integers."""
    if spec is None or isinstance(spec, (int, np.integer)):
        return True
    return all(isinstance(size, (int, np.integer)) for size in spec)
