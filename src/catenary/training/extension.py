"""Extension: what a Trainer calls between the updates, and how a function becomes one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

__all__ = [
    "PRIORITY_EDITOR",
    "PRIORITY_READER",
    "PRIORITY_WRITER",
    "Extension",
    "make_extension",
]

PRIORITY_WRITER = 300
PRIORITY_EDITOR = 200
PRIORITY_READER = 100

Function = TypeVar("Function", bound=Callable[..., Any])

_INSTEAD = {
    "invoke_before_training": "went away with Chainer 2: use initialize (make_extension: "
    "initializer=), or Trainer.extend(..., call_before_training=True)"
}


class Extension:
    """Base class of trainer extensions: callables that take the trainer.

    Any other callable is an extension too; it then has the defaults below.

    Attributes:
        trigger: When to be called, unless `Trainer.extend` says otherwise: every iteration.
        priority: Whether to be called early (``PRIORITY_WRITER``, 300: adds values to the
            observation), later (``PRIORITY_EDITOR``, 200: edits them) or last
            (``PRIORITY_READER``, 100: reads them, or needs none).
        name: Name in the trainer; None until `Trainer.extend` gives one.
    """

    trigger: Any = (1, "iteration")
    priority: int = PRIORITY_READER
    name: str | None = None

    @property
    def default_name(self) -> str:
        """Name where none is given: that of the class."""
        return type(self).__name__

    def __call__(self, trainer: Any) -> Any:
        """Do what the extension is for; a subclass overrides this.

        Args:
            trainer: The trainer that calls.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define __call__")

    def __getattr__(self, name: str) -> Any:
        hint = f"; {name} {_INSTEAD[name]}" if name in _INSTEAD else ""
        raise AttributeError(
            f"{type(self).__name__!r} object has no attribute {name!r}{hint}", name=name, obj=self
        )

    def initialize(self, trainer: Any) -> None:
        """Prepare for the loop; called once before it, after a snapshot was loaded."""

    def on_error(self, trainer: Any, exc: Exception, tb: Any) -> None:
        """React to an exception in the loop, before `finalize`.

        Args:
            trainer: The trainer.
            exc: What was raised.
            tb: Its traceback.
        """

    def finalize(self) -> None:
        """Release what is held; called once after the loop, however it ended."""

    def serialize(self, serializer: Any) -> None:
        """Save or load what changes during training: nothing, by default."""


def make_extension(
    trigger: Any = None,
    default_name: str | None = None,
    priority: int | None = None,
    finalizer: Callable[[], Any] | None = None,
    initializer: Callable[[Any], Any] | None = None,
    on_error: Callable[[Any, Exception, Any], Any] | None = None,
    **kwargs: Any,
) -> Callable[[Function], Function]:
    """Return a decorator that gives a function the attributes of an :class:`Extension`.

    Args:
        trigger: When to call it; every iteration by default.
        default_name: Its name; that of the function by default.
        priority: Its priority; ``PRIORITY_READER`` by default.
        finalizer: Called without arguments after the loop.
        initializer: Called with the trainer before the loop.
        on_error: Called with trainer, exception and traceback when the loop fails.
        **kwargs: None; words of older versions raise a TypeError that names the new one.

    Example:
        >>> from catenary import training
        >>> @training.make_extension(trigger=(1, "epoch"))
        ... def say_hello(trainer):
        ...     print("hello")
        >>> say_hello.trigger, say_hello.default_name, say_hello.priority
        ((1, 'epoch'), 'say_hello', 100)
    """
    refuse(kwargs, "make_extension")

    def decorate(function: Function) -> Function:
        attributes: Any = function
        attributes.trigger = Extension.trigger if trigger is None else trigger
        attributes.default_name = default_name or function.__name__
        attributes.priority = Extension.priority if priority is None else priority
        attributes.finalize = finalizer
        attributes.initialize = initializer
        attributes.on_error = on_error
        return function

    return decorate


def refuse(kwargs: dict[str, Any], what: str) -> None:
    """Raise where `what` was given arguments that it does not know.

    Raises:
        TypeError: Which names the argument.
        ValueError: For a word of an older Chainer, as there; it names the new one.
    """
    for name in kwargs:
        if name in _INSTEAD:
            raise ValueError(f"{name} {_INSTEAD[name]}")
        raise TypeError(f"{what}() got an unexpected keyword argument {name!r}")
