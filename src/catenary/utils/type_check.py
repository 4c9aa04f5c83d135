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
from typing import Any, NamedTuple, NoReturn

from catenary.errors import CatenaryError

__all__ = [
    "Expr",
    "InvalidType",
    "TypeInfo",
    "TypeInfoTuple",
    "Variable",
    "check",
    "eval",
    "expect",
    "expect_broadcast_shapes",
    "get_function_check_context",
    "get_types",
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
    plain: bool = False


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


def check(function: Any, data: Sequence[Any]) -> None:
    """Run ``function.check_type_forward`` over the types of `data`.

    Raises:
        InvalidType: An expectation does not hold.
    """
    before, _state.plain = _state.plain, True
    try:
        function.check_type_forward(TypeInfoTuple(_infos(data)))
    except InvalidType:
        pass  # Said again below, in words.
    else:
        return
    finally:
        _state.plain = before
    with get_function_check_context(function):
        function.check_type_forward(get_types(data, "in_types"))


class Expr:
    """A value and how it came about, so that an expectation can be printed.

    Args:
        text: The expression.
        value: Its value.
        priority: How tightly its outermost operator binds.
    """

    def __init__(self, text: str, value: Any, priority: int = 100) -> None:
        self._text, self._value, self._priority = text, value, priority

    def eval(self) -> Any:
        """Return the value."""
        return self._value

    def __str__(self) -> str:
        return self._text

    def __bool__(self) -> NoReturn:
        raise RuntimeError(
            f"'{self}' has no truth value here: give it to type_check.expect, or ask "
            "type_check.eval for its value"
        )

    def _within(self, priority: int) -> str:
        return self._text if self._priority >= priority else f"({self._text})"

    def __getattr__(self, name: str) -> Expr:
        if name.startswith("__"):
            raise AttributeError(name)
        return Expr(f"{self._within(100)}.{name}", getattr(self._value, name))

    def __getitem__(self, key: Any) -> Expr:
        key_text = _slice_text(key) if isinstance(key, slice) else str(key)
        value = self._value[eval(key)]
        return Expr(f"{self._within(100)}[{key_text}]", value)

    def __call__(self, *args: Any) -> Expr:
        """Return the call as an expression."""
        text = ", ".join(map(str, args))
        return Expr(f"{self._within(100)}({text})", self._value(*[eval(a) for a in args]))

    def __neg__(self) -> Expr:
        return Expr(f"-{self._within(9)}", -self._value, 9)

    __hash__ = None  # type: ignore[assignment]


class Comparison(Expr):
    """An expectation: two expressions and how they should compare.

    Args:
        left: One side.
        symbol: The operator.
        right: The other side.
    """

    def __init__(self, left: Any, symbol: str, right: Any) -> None:
        compare, self._opposite = _COMPARE[symbol]
        self._sides = eval(left), eval(right)
        super().__init__(f"{left} {symbol} {right}", compare(*self._sides), 0)

    def expect(self) -> None:
        """Raise InvalidType unless it holds."""
        if not self._value:
            left, right = self._sides
            raise InvalidType(self._text, f"{left} {self._opposite} {right}")


_COMPARE: dict[str, tuple[Callable[[Any, Any], Any], str]] = {
    "==": (operator.eq, "!="),
    "!=": (operator.ne, "=="),
    "<": (operator.lt, ">="),
    "<=": (operator.le, ">"),
    ">": (operator.gt, "<="),
    ">=": (operator.ge, "<"),
}
_ARITHMETIC: dict[str, tuple[str, int]] = {
    "add": ("+", 4),
    "sub": ("-", 4),
    "mul": ("*", 5),
    "truediv": ("/", 5),
    "floordiv": ("//", 5),
    "mod": ("%", 5),
    "pow": ("**", 10),
}


def _arithmetic(name: str, symbol: str, priority: int, *, reflected: bool) -> Any:
    compute = getattr(operator, name)

    def method(self: Expr, other: Any) -> Expr:
        left, right = (other, self) if reflected else (self, other)
        left_text = left._within(priority) if isinstance(left, Expr) else str(left)
        right_text = right._within(priority + 1) if isinstance(right, Expr) else str(right)
        value = compute(eval(left), eval(right))
        return Expr(f"{left_text} {symbol} {right_text}", value, priority)

    return method


def _comparison(symbol: str) -> Any:
    return lambda self, other: Comparison(self, symbol, other)


for _name, (_symbol, _priority) in _ARITHMETIC.items():
    for _prefix in ("", "r"):
        _method = _arithmetic(_name, _symbol, _priority, reflected=bool(_prefix))
        setattr(Expr, f"__{_prefix}{_name}__", _method)
for _name, _symbol in zip(("eq", "ne", "lt", "le", "gt", "ge"), _COMPARE, strict=True):
    setattr(Expr, f"__{_name}__", _comparison(_symbol))


def _slice_text(key: slice) -> str:
    parts = [key.start, key.stop] + ([] if key.step is None else [key.step])
    return ":".join("" if part is None else str(part) for part in parts)


class Variable(Expr):
    """A value with a name.

    Args:
        value: The value.
        name: What it is called in errors.
    """

    def __init__(self, value: Any, name: str) -> None:
        super().__init__(name, value)


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
            in_type._text = name


def eval(exp: Any) -> Any:
    """Return the value of an expression; everything else as it is."""
    return exp.eval() if isinstance(exp, Expr) else exp


def expect(*bool_exprs: Any) -> None:
    """Check expectations.

    Args:
        bool_exprs: Comparisons of expressions, or plain truth values.

    Raises:
        InvalidType: One does not hold; the text says which, and what was there.
    """
    for expr in bool_exprs:
        if isinstance(expr, Comparison):
            expr.expect()
        elif not eval(expr):
            raise InvalidType(str(expr), "False")


def prod(xs: Any) -> Any:
    """Return the product of a shape, as an expression of one if it is one."""
    value = math.prod(eval(xs))
    return Expr(f"prod({xs})", value) if isinstance(xs, Expr) else value


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
