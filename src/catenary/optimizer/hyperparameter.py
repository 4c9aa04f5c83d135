"""Hyperparameters: values held in a chain of parents, and the alias that an optimizer shows for
one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catenary import changes
from catenary.optimizer.spec import Spec

__all__ = ["Hyperparameter", "HyperparameterProxy"]


class Hyperparameter:
    """A set of named values that falls back on a parent.

    Reading a name that this object does not hold reads its parent's. An optimizer's hyperparameter
    is the parent of each of its rules', so writing the optimizer's changes them all, and writing
    one rule's changes that rule only.

    Args:
        parent: Where names that are not held here are looked up; None for none.
        declared: What is known of the names: declared values are converted to Python floats when
            they are written, and refused if they are no number.

    Example:
        >>> base = Hyperparameter()
        >>> base.lr = 0.1
        >>> own = Hyperparameter(base)
        >>> own.lr, own.get_dict()
        (0.1, {'lr': 0.1})
        >>> own.lr = 0.5
        >>> own, base
        (Hyperparameter(lr=0.5), Hyperparameter(lr=0.1))
    """

    def __init__(
        self, parent: Hyperparameter | None = None, declared: Mapping[str, Spec] | None = None
    ) -> None:
        self.__dict__["_parent"] = parent
        self.__dict__["_declared"] = declared or {}

    def __getattr__(self, name: str) -> Any:
        # Only called for names that this object does not hold; copying and unpickling ask before
        # there is a parent.
        if name.startswith("__") or "_parent" not in self.__dict__:
            raise AttributeError(name)
        at = self.__dict__["_parent"]
        while at is not None:
            if name in at.__dict__:
                return at.__dict__[name]
            at = at.__dict__["_parent"]
        known = ", ".join(sorted(self.get_dict())) or "none yet"
        raise AttributeError(f"there is no hyperparameter {name!r} here; there are: {known}")

    def __setattr__(self, name: str, value: Any) -> None:
        spec = self._declared.get(name)
        before = self.__dict__.get(name)
        self.__dict__[name] = after = value if spec is None else spec.accept(value)
        # A flag chooses the program, and so does what switches a slot; a number is an argument.
        chooses = spec is not None and (spec.flag or spec.switches)
        if chooses and (before is None or bool(before) != bool(after)):
            changes.structure()
        if self._parent is None:
            changes.common()
        else:
            changes.values()

    def __delattr__(self, name: str) -> None:
        if name.startswith("_") or name not in self.__dict__:
            raise AttributeError(f"this hyperparameter does not hold {name!r} itself")
        del self.__dict__[name]
        changes.structure()
        changes.values()

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value}" for name, value in sorted(self.get_dict().items()))
        return f"Hyperparameter({values})"

    @property
    def parent(self) -> Hyperparameter | None:
        """Where names that are not held here are looked up."""
        return self.__dict__["_parent"]  # type: ignore[no-any-return]

    def get_dict(self) -> dict[str, Any]:
        """Return every name that can be read here with its value, own ones before the parents'."""
        inherited = {} if self.parent is None else self.parent.get_dict()
        return {**inherited, **self.own()}

    def own(self) -> dict[str, Any]:
        """Return the values that this object holds itself."""
        return {k: v for k, v in self.__dict__.items() if k not in ("_parent", "_declared")}


class HyperparameterProxy:
    """A property that is an alias to a value of ``self.hyperparam``.

    Args:
        attr_name: Name of the value.

    Example:
        >>> from catenary.optimizer import GradientMethod
        >>> class Mine(GradientMethod):
        ...     def __init__(self, lr=0.1):
        ...         super().__init__()
        ...         self.hyperparam.lr = lr
        ...     lr = HyperparameterProxy("lr")
        >>> Mine().lr
        0.1
    """

    def __init__(self, attr_name: str) -> None:
        self._attr_name = attr_name
        self.__doc__ = f"Alias to ``self.hyperparam.{attr_name}``."

    def __get__(self, obj: Any, owner: type | None = None) -> Any:
        return self if obj is None else getattr(obj.hyperparam, self._attr_name)

    def __set__(self, obj: Any, value: Any) -> None:
        setattr(obj.hyperparam, self._attr_name, value)
