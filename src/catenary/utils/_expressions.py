"""Expressions over the types of arrays: they compute their value, and their text says how."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

__all__ = [
    "Atom",
    "BinaryOperator",
    "Call",
    "Constant",
    "Expr",
    "GetAttr",
    "GetItem",
    "UnaryOperator",
    "Variable",
    "eval",
]

# How tightly an operator binds; what is no operator binds tightest.
_UNARY = {"neg": "-", "pos": "+", "invert": "~"}
_UNARY_PRIORITY = 6
_BINARY = {
    "or_": ("|", 0),
    "xor": ("^", 1),
    "and_": ("&", 2),
    "lshift": ("<<", 3),
    "rshift": (">>", 3),
    "add": ("+", 4),
    "sub": ("-", 4),
    "mul": ("*", 5),
    "truediv": ("/", 5),
    "floordiv": ("//", 5),
    "mod": ("%", 5),
    "pow": ("**", 7),
}
_ATOM_PRIORITY = 8


def eval(exp: Any) -> Any:
    """Return the value of an expression, also inside of tuples and lists; the rest as it is."""
    if isinstance(exp, Expr):
        return exp.eval()
    return type(exp)(map(eval, exp)) if type(exp) in (tuple, list) else exp


class Expr:
    """A value and how it comes about, so that an expectation can be printed.

    Args:
        priority: How tightly its outermost operator binds.
    """

    def __init__(self, priority: int) -> None:
        self.priority = priority

    def eval(self) -> Any:
        """Return the value."""
        raise NotImplementedError(f"{type(self).__name__} says nothing about its value")

    def __bool__(self) -> NoReturn:
        raise RuntimeError(
            f"'{self}' has no truth value here: give it to type_check.expect, or ask "
            "type_check.eval for its value"
        )

    def _within(self, priority: int) -> str:
        return str(self) if self.priority >= priority else f"({self})"

    def __getattr__(self, name: str) -> GetAttr:
        if name.startswith("__"):
            raise AttributeError(name)
        return GetAttr(self, name)

    def __getitem__(self, key: Any) -> GetItem:
        return GetItem(self, key)

    def __call__(self, *args: Any) -> Call:
        """Return the call as an expression."""
        return Call(self, args)

    __hash__ = None  # type: ignore[assignment]


class Atom(Expr):
    """An expression without an outermost operator."""

    def __init__(self) -> None:
        super().__init__(_ATOM_PRIORITY)


class Constant(Atom):
    """A value whose text is its own.

    Args:
        value: The value.
    """

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def __str__(self) -> str:
        return str(self.value)

    def eval(self) -> Any:
        """Return the value."""
        return self.value


class Variable(Atom):
    """A value with a name.

    Args:
        value: The value.
        name: What it is called in errors.
    """

    def __init__(self, value: Any, name: str) -> None:
        super().__init__()
        self.value = value
        self.name = name

    def __str__(self) -> str:
        return self.name

    def eval(self) -> Any:
        """Return the value."""
        return self.value


class GetAttr(Atom):
    """An attribute of an expression.

    Args:
        obj: The expression.
        name: The attribute's name.
    """

    def __init__(self, obj: Any, name: str) -> None:
        super().__init__()
        self.obj = obj
        self.name = name

    def __str__(self) -> str:
        return f"{_text(self.obj, _ATOM_PRIORITY)}.{self.name}"

    def eval(self) -> Any:
        """Return the attribute's value."""
        return getattr(eval(self.obj), eval(self.name))


class GetItem(Atom):
    """An item of an expression.

    Args:
        obj: The expression.
        key: Index, slice, or a tuple of them.
    """

    def __init__(self, obj: Any, key: Any) -> None:
        super().__init__()
        self.obj = obj
        self.key = key

    def __str__(self) -> str:
        keys = self.key if isinstance(self.key, tuple) else (self.key,)
        inside = ", ".join(map(_key_text, keys))
        return f"{_text(self.obj, _ATOM_PRIORITY)}[{inside}]"

    def eval(self) -> Any:
        """Return the item's value."""
        return eval(self.obj)[eval(self.key)]


class Call(Atom):
    """A call of an expression.

    Args:
        obj: What is called.
        args: Its arguments.
    """

    def __init__(self, obj: Any, args: Sequence[Any]) -> None:
        super().__init__()
        self.obj = obj
        self.args = args

    def __str__(self) -> str:
        inside = ", ".join([_text(arg, 0) for arg in self.args])
        return f"{_text(self.obj, _ATOM_PRIORITY)}({inside})"

    def eval(self) -> Any:
        """Return what the call returns."""
        return eval(self.obj)(*[eval(arg) for arg in self.args])


class UnaryOperator(Expr):
    """An operator before an expression.

    Args:
        priority: How tightly it binds.
        term: The expression.
        exp: The operator's text.
        func: Computes the value from the expression's.
    """

    def __init__(self, priority: int, term: Any, exp: str, func: Callable[[Any], Any]) -> None:
        super().__init__(priority)
        self.term = term
        self.exp = exp
        self.func = func

    def __str__(self) -> str:
        return f"{self.exp}{_text(self.term, self.priority)}"

    def eval(self) -> Any:
        """Return the value."""
        return self.func(eval(self.term))


class BinaryOperator(Expr):
    """An operator between two expressions.

    Args:
        priority: How tightly it binds.
        lhs: One side.
        rhs: The other side.
        exp: The operator's text.
        func: Computes the value from those of the sides.
        right_associative: Whether the last of several in a row comes first.
    """

    def __init__(
        self,
        priority: int,
        lhs: Any,
        rhs: Any,
        exp: str,
        func: Callable[[Any, Any], Any],
        right_associative: bool = False,
    ) -> None:
        super().__init__(priority)
        self.lhs = lhs
        self.rhs = rhs
        self.exp = exp
        self.func = func
        self.right_associative = right_associative

    def __str__(self) -> str:
        left = _text(self.lhs, self.priority + self.right_associative)
        right = _text(self.rhs, self.priority + (not self.right_associative))
        return f"{left} {self.exp} {right}"

    def eval(self) -> Any:
        """Return the value."""
        return self.func(eval(self.lhs), eval(self.rhs))


def _text(value: Any, priority: int) -> str:
    """Return a part's text as it stands beside an operator of this priority."""
    if isinstance(value, Expr):
        return value._within(priority)
    if type(value) not in (tuple, list):
        return str(value)
    inside = ", ".join([_text(v, 0) if isinstance(v, Expr) else repr(v) for v in value])
    if type(value) is list:
        return f"[{inside}]"
    return f"({inside},)" if len(value) == 1 else f"({inside})"


def _key_text(key: Any) -> str:
    if key is Ellipsis:
        return "..."
    if isinstance(key, str):
        return repr(key)
    if not isinstance(key, slice):
        return str(key)
    parts = [key.start, key.stop] + ([] if key.step is None else [key.step])
    return ":".join("" if part is None else str(part) for part in parts)


def _unary(name: str, symbol: str) -> Any:
    compute = getattr(operator, name)
    return lambda self: UnaryOperator(_UNARY_PRIORITY, self, symbol, compute)


def _binary(name: str, *, reflected: bool) -> Any:
    (symbol, priority), compute = _BINARY[name], getattr(operator, name)
    last_first = name == "pow"

    def method(self: Expr, other: Any) -> BinaryOperator:
        left, right = (other, self) if reflected else (self, other)
        return BinaryOperator(priority, left, right, symbol, compute, last_first)

    return method


for _name, _symbol in _UNARY.items():
    setattr(Expr, f"__{_name}__", _unary(_name, _symbol))
for _name in _BINARY:
    for _prefix in ("", "r"):
        setattr(Expr, f"__{_prefix}{_name.rstrip('_')}__", _binary(_name, reflected=bool(_prefix)))
