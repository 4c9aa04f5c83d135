"""Choosing parameters by name, shape and place in the model, and treating them apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, Protocol

from catenary.errors import SelectionError

__all__ = ["Selecting", "Selection", "choose", "rule_class"]

Named = tuple[str, Any]


class Selecting(Protocol):
    """What an optimizer does for a selection of its parameters."""

    def _set_words(self, chosen: list[Named], words: dict[str, Any]) -> None: ...
    def _hook_each(self, chosen: list[Named], hook: Any, name: str | None) -> None: ...
    def _freeze(self, chosen: list[Named], *, frozen: bool) -> None: ...
    def _use_rule(self, chosen: list[Named], rule: Any, words: dict[str, Any]) -> None: ...


class Selection:
    """Some parameters of an optimizer; print it to see which.

    Made by ``optimizer.select(...)``. ``a - b``, ``a | b`` and ``a & b`` make new ones. What is
    done to a parameter later replaces what was done to it before.

    Attributes:
        names: Names of the parameters, in the optimizer's order.
    """

    def __init__(self, owner: Selecting, chosen: list[Named]) -> None:
        self._owner = owner
        self._chosen = chosen

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the optimizer's order."""
        return tuple(name for name, _ in self._chosen)

    def set(self, **words: Any) -> Selection:
        """Give the parameters hyperparameters of their own.

        Args:
            **words: Such as ``weight_decay=0`` or ``lr=1e-4``.

        Returns:
            The selection itself.

        Raises:
            WrongWordError: If the rule has no such hyperparameter.
            HyperparameterError: If a value is no number or lies outside its range.
        """
        self._owner._set_words(self._chosen, words)
        return self

    def add_hook(self, hook: Callable[..., Any], name: str | None = None) -> Selection:
        """Register a hook for each of the parameters; it is called as ``hook(rule, param)``.

        Args:
            hook: A formula (decay, a norm over one tensor), which joins the kernel, or a callable.
            name: What it is registered as; by default the hook's own name.
        """
        self._owner._hook_each(self._chosen, hook, name)
        return self

    def freeze(self) -> Selection:
        """Let the parameters rest until :meth:`thaw`."""
        self._owner._freeze(self._chosen, frozen=True)
        return self

    def thaw(self) -> Selection:
        """Let frozen parameters move again."""
        self._owner._freeze(self._chosen, frozen=False)
        return self

    def use(self, rule: Any, **words: Any) -> Selection:
        """Update the parameters by another rule; their state begins anew.

        Args:
            rule: A rule's class, or an optimizer's class that has one; no object of either, which
                would bring hooks and parameters of its own.
            **words: Hyperparameters of that rule.

        Raises:
            TypeError: If `rule` is neither, or (:class:`WrongWordError`) has no such word.
            HyperparameterError: If a value is no number or lies outside its range.
            StateError: In a torch optimizer, if the rule is called as one of its own; nothing was
                changed.
        """
        self._owner._use_rule(self._chosen, rule, words)
        return self

    def _combined(self, keep: Callable[[bool, bool], bool], other: Selection) -> Selection:
        mine, theirs = set(self.names), set(other.names)
        both = dict((*self._chosen, *other._chosen))
        chosen = [(n, p) for n, p in both.items() if keep(n in mine, n in theirs)]
        return Selection(self._owner, _not_empty(chosen, f"{self!r} combined with {other!r}", both))

    def __sub__(self, other: Selection) -> Selection:
        return self._combined(lambda mine, theirs: mine and not theirs, other)

    def __or__(self, other: Selection) -> Selection:
        return self._combined(lambda mine, theirs: mine or theirs, other)

    def __and__(self, other: Selection) -> Selection:
        return self._combined(lambda mine, theirs: mine and theirs, other)

    def __len__(self) -> int:
        return len(self._chosen)

    def __iter__(self) -> Iterator[Named]:
        return iter(self._chosen)

    def __repr__(self) -> str:
        lines = [f"    {name}  {tuple(param.shape)}" for name, param in self._chosen]
        return "\n".join([f"Selection of {len(self)} parameters:", *lines])


def choose(
    owner: Selecting,
    named: Iterable[Named],
    patterns: tuple[str, ...],
    *,
    ndim: int | None,
    dtype: Any,
    inside: set[int] | None,
) -> Selection:
    """Return the parameters that match any pattern and every other condition.

    Args:
        owner: The optimizer.
        named: Its parameters.
        patterns: Shell patterns over names; none: every name. ``*`` crosses dots.
        ndim: Number of dimensions; None: any.
        dtype: A torch dtype; None: any.
        inside: ids of tensors that lie in the modules asked for; None: any.

    Raises:
        SelectionError: If nothing matches.
    """
    everyone = [(name, param) for name, param in named if param.is_initialized]
    wanted = [_dotted(pattern) for pattern in patterns]
    chosen = [
        (name, param)
        for name, param in everyone
        if (not wanted or any(fnmatchcase(_dotted(name), pattern) for pattern in wanted))
        and (ndim is None or param.tensor.ndim == ndim)
        and (dtype is None or param.tensor.dtype == dtype)
        and (inside is None or id(param.tensor) in inside)
    ]
    conditions = {"ndim": ndim, "dtype": dtype, "within": None if inside is None else "..."}
    said = [*map(repr, patterns), *(f"{k}={v}" for k, v in conditions.items() if v is not None)]
    return Selection(owner, _not_empty(chosen, f"select({', '.join(said)})", dict(everyone)))


def rule_class(given: Any, base: type[Any], known: str) -> type[Any]:
    """Return the rule's class that `given` is, or that it names as an optimizer's class.

    Args:
        given: What a program gave to :meth:`Selection.use`.
        base: What the class must be made from.
        known: For the error: what may be given.

    Raises:
        TypeError: If it is neither; an object is told what to write instead.
    """
    kind = getattr(given, "rule", None) or given
    names_one = isinstance(kind, type) and issubclass(kind, base)
    if names_one and isinstance(given, type):
        return kind  # type: ignore[no-any-return]
    if names_one or isinstance(given, base):
        name = type(given).__name__
        words = "".join(f", {word}={value!r}" for word, value in _changed(given).items())
        raise TypeError(
            f"use() takes a class and its words, and got an object of {name}, which would bring "
            f"parameters and hooks of its own. Write use({name}{words})."
        )
    raise TypeError(f"use({given!r}) names no rule; give {known}")


def _changed(given: Any) -> dict[str, Any]:
    """Return the hyperparameters of an optimizer or rule that are not its class's defaults."""
    values = getattr(given, "defaults", None) or given.hyperparam.get_dict()
    specs = getattr(given, "specs", None)
    if not specs:
        return dict(values)
    return {n: v for n, v in values.items() if n in specs and v != specs[n].default}


def _dotted(name: str) -> str:
    return name.lstrip("/").replace("/", ".")


def _not_empty(chosen: list[Named], what: str, everyone: Iterable[str]) -> list[Named]:
    if not chosen:
        names = list(everyone)
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        raise SelectionError(f"{what} matches no parameter. There are: {shown}.")
    return chosen
