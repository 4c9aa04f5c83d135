"""Expectations about dtypes and shapes that can say what they expected.

`check_type_forward` of a user's function gets one :class:`TypeInfo` an input. It runs twice at
most: first over plain values, which is fast; if that fails, over expressions, whose text names the
input and the attribute in the error.
"""

from __future__ import annotations

import contextlib
import math
import operator
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from catenary.errors import CatenaryError
from catenary.utils._expressions import (
    Atom,
    BinaryOperator,
    Call,
    Constant,
    Expr,
    GetAttr,
    GetItem,
    UnaryOperator,
    Variable,
    eval,
)

__all__ = [
    "Atom",
    "BinaryOperator",
    "BoolBinaryOperator",
    "Call",
    "Constant",
    "Expr",
    "GetAttr",
    "GetItem",
    "InvalidType",
    "LightMode",
    "LightTypeInfoTuple",
    "Testable",
    "TypeInfo",
    "TypeInfoTuple",
    "UnaryOperator",
    "Variable",
    "check",
    "eval",
    "expect",
    "expect_broadcast_shapes",
    "get_function_check_context",
    "get_light_types",
    "get_types",
    "in_light_mode",
    "light_mode",
    "make_variable",
    "prod",
    "same_types",
]


class InvalidType(CatenaryError, TypeError):
    """A function was given arrays whose dtypes or shapes it cannot take.

    Args:
        expect: What was expected.
        actual: What was given.
        msg: The whole text; made of the other two if omitted.
    """

    def __init__(self, expect: Any, actual: Any, msg: str | None = None) -> None:
        if msg is None:
            msg = f"{_where()}Expect: {expect}\nActual: {actual}"
        super().__init__(msg)
        self.expect = expect
        self.actual = actual

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.expect, self.actual, str(self))


class _State(threading.local):
    function: Any = None
    plain: int = 0  # how many light modes are entered


_state = _State()


def _where() -> str:
    function = _state.function
    if function is None:
        return ""
    return f"\nInvalid operation is performed in: {function.label} (Forward)\n\n"


@contextlib.contextmanager
def get_function_check_context(f: Any) -> Iterator[None]:
    """Name `f` in the errors of expectations inside the `with` block."""
    before, _state.function = _state.function, f
    try:
        yield
    finally:
        _state.function = before


class TypeInfo(NamedTuple):
    """What a check may ask of one array."""

    shape: tuple[int, ...]
    dtype: Any
    ndim: int
    size: int


class TypeInfoTuple(tuple[Any, ...]):  # noqa: SLOT001 - it has a name
    """The inputs of a check: one :class:`TypeInfo`, or an expression for one, an input."""

    name: str = "in_types"

    def size(self) -> Any:
        """Return the number of inputs."""
        return make_variable(len(self), f"{self.name}.size")


def _infos(arrays: Sequence[Any]) -> list[TypeInfo]:
    return [TypeInfo(tuple(a.shape), a.dtype, a.ndim, a.size) for a in arrays]


def get_types(data: Sequence[Any], name: str, accept_none: bool = False) -> TypeInfoTuple:
    """Return expressions for the types of arrays.

    Args:
        data: Arrays.
        name: What the tuple is called in errors.
        accept_none: Accepted and ignored.
    """
    infos = _infos(data)
    types = TypeInfoTuple(Variable(info, f"{name}[{i}]") for i, info in enumerate(infos))
    types.name = name
    return types


class LightTypeInfoTuple(tuple[Any, ...]):  # noqa: SLOT001 - it has a name
    """The inputs of a check as plain values, which are fast and whose errors say little."""

    def size(self) -> int:
        """Return the number of inputs."""
        return len(self)


def get_light_types(data: Sequence[Any]) -> LightTypeInfoTuple:
    """Return the types of arrays as plain values; see :class:`LightMode`."""
    return LightTypeInfoTuple(_infos(data))


class LightMode:
    """A context manager inside which checks work on plain values."""

    def __enter__(self) -> None:
        _state.plain += 1

    def __exit__(self, *error: object) -> None:
        _state.plain -= 1


light_mode = LightMode()
"""The one that :func:`check` enters first."""


def in_light_mode() -> bool:
    """Return whether this thread is inside a :class:`LightMode`."""
    return _state.plain > 0


def check(function: Any, data: Sequence[Any]) -> None:
    """Run ``function.check_type_forward`` over the types of `data`.

    Raises:
        InvalidType: An expectation does not hold.
    """
    try:
        with light_mode:
            function.check_type_forward(get_light_types(data))
    except InvalidType:
        pass  # Said again below, in words.
    else:
        return
    with get_function_check_context(function):
        function.check_type_forward(get_types(data, "in_types"))


class Testable:
    """What :func:`expect` can check."""

    def expect(self) -> None:
        """Raise InvalidType unless it holds."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it expects")


class BoolBinaryOperator(BinaryOperator, Testable):
    """An expectation: two expressions and how they should compare.

    Args:
        lhs: One side.
        rhs: The other side.
        exp: The comparison's text.
        inv: Text of its opposite, which the error shows.
        func: Compares the values.
    """

    def __init__(
        self, lhs: Any, rhs: Any, exp: str, inv: str, func: Callable[[Any, Any], Any]
    ) -> None:
        super().__init__(-1, lhs, rhs, exp, func)
        self.inv = inv

    def expect(self) -> None:
        """Raise InvalidType unless it holds."""
        left, right = eval(self.lhs), eval(self.rhs)
        if not self.func(left, right):
            raise InvalidType(str(self), f"{left} {self.inv} {right}")


_COMPARISONS = {"eq": "==", "ne": "!=", "lt": "<", "ge": ">=", "gt": ">", "le": "<="}
_OPPOSITES = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def _comparison(name: str, symbol: str) -> Any:
    opposite, compare = _OPPOSITES[symbol], getattr(operator, name)
    return lambda self, other: BoolBinaryOperator(self, other, symbol, opposite, compare)


for _name, _symbol in _COMPARISONS.items():
    setattr(Expr, f"__{_name}__", _comparison(_name, _symbol))


def make_variable(value: Any, name: str) -> Any:
    """Return `value` under a name for errors; the bare value where no error is being written."""
    return value if _state.plain else Variable(value, name)


def _argname(in_types: Sequence[Any], names: Sequence[str]) -> None:
    """Let errors call the inputs of a function by name.

    Args:
        in_types: Types of the inputs, as `check_type_forward` gets them.
        names: One name an input.

    Raises:
        InvalidType: There are not as many inputs as names.
    """
    if len(in_types) != len(names):
        raise InvalidType(f"{len(names)} inputs", f"{len(in_types)} inputs")
    for in_type, name in zip(in_types, names, strict=True):
        if isinstance(in_type, Variable):
            in_type.name = name


def expect(*bool_exprs: Any) -> None:
    """Check expectations.

    Args:
        bool_exprs: Comparisons of expressions, or plain truth values.

    Raises:
        InvalidType: One does not hold; the text says which, and what was there.
    """
    for expr in bool_exprs:
        if isinstance(expr, Testable):
            expr.expect()
        elif not eval(expr):
            raise InvalidType(str(expr), "False")


def prod(xs: Any) -> Any:
    """Return the product of a shape, or of numbers and expressions, as an expression."""
    return Variable(math.prod, "prod")(xs)


def same_types(*arrays: Any) -> bool:
    """Return whether all arrays are of one kind: NumPy's, or a GPU's."""
    return len({type(array) for array in arrays}) <= 1


def expect_broadcast_shapes(*shape_types: Any) -> None:
    """Check that shapes broadcast against each other.

    Args:
        shape_types: Shapes, or expressions for them.

    Raises:
        InvalidType: They do not.
    """
    shapes = [tuple(eval(shape)) for shape in shape_types]
    for axis in range(1, max(map(len, shapes), default=0) + 1):
        if len({shape[-axis] for shape in shapes if len(shape) >= axis} - {1}) > 1:
            expected = f"each of {', '.join(map(str, shape_types))} to be broadcastable"
            raise InvalidType(expected, ", ".join(map(str, shapes)))
