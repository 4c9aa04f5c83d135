"""Turn a Python function into a formula. The only file that knows Python's operators."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import Any, Literal, NoReturn

from catenary.errors import TraceError
from catenary.expr import node as nodes
from catenary.expr.node import Node

__all__ = [
    "Expr", "Scope", "absolute", "exp", "isnan", "log", "maximum", "minimum", "norm", "sign",
    "sqrt", "tanh", "trace", "where",
]  # fmt: skip

Number = Any
"""An `Expr` or a Python number; formulas are written for one element and typed loosely on
purpose.
"""


class Expr:
    """What a formula's arguments are while it is traced: a node that understands operators."""

    __slots__ = ("node",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, node: Node) -> None:
        self.node = node

    def __add__(self, other: Number) -> Expr:
        return _apply("add", self, other)

    def __radd__(self, other: Number) -> Expr:
        return _apply("add", other, self)

    def __sub__(self, other: Number) -> Expr:
        return _apply("sub", self, other)

    def __rsub__(self, other: Number) -> Expr:
        return _apply("sub", other, self)

    def __mul__(self, other: Number) -> Expr:
        return _apply("mul", self, other)

    def __rmul__(self, other: Number) -> Expr:
        return _apply("mul", other, self)

    def __truediv__(self, other: Number) -> Expr:
        return _apply("div", self, other)

    def __rtruediv__(self, other: Number) -> Expr:
        return _apply("div", other, self)

    def __pow__(self, other: Number) -> Expr:
        if self.node.varies == "element" and not isinstance(other, Expr) and other == 2:
            return self * self
        return _apply("pow", self, other)

    def __rpow__(self, other: Number) -> Expr:
        return _apply("pow", other, self)

    def __neg__(self) -> Expr:
        return _apply("neg", self)

    def __pos__(self) -> Expr:
        return self

    def __abs__(self) -> Expr:
        return _apply("abs", self)

    def __lt__(self, other: Number) -> Expr:
        return _apply("lt", self, other)

    def __le__(self, other: Number) -> Expr:
        return _apply("le", self, other)

    def __gt__(self, other: Number) -> Expr:
        return _apply("lt", other, self)

    def __ge__(self, other: Number) -> Expr:
        return _apply("le", other, self)

    def __eq__(self, other: Number) -> Expr:  # type: ignore[override]
        return _apply("eq", self, other)

    def __ne__(self, other: Number) -> Expr:  # type: ignore[override]
        return _apply("ne", self, other)

    def __and__(self, other: Number) -> Expr:
        return _apply("and", self, other)

    def __or__(self, other: Number) -> Expr:
        return _apply("or", self, other)

    def __invert__(self) -> Expr:
        return _apply("not", self)

    def __bool__(self) -> NoReturn:
        _fail(
            "branches on a value that is not known while tracing",
            "A formula is traced once and then runs for every element, so it cannot branch on "
            "data. "
            "Write where(condition, a, b); `and`, `or`, `not` are &, |, ~ here.",
        )

    def __float__(self) -> NoReturn:
        _fail(
            "asks a traced value for a Python number",
            "Functions of `math` and float() work on numbers, not on formulas. "
            "Import sqrt, exp, log, tanh, sign, minimum, maximum, where from catenary.expr.",
        )

    __int__ = __float__
    __index__ = __float__

    def __iter__(self) -> NoReturn:
        _fail("loops over an element", "A formula is written for one element of a tensor.")

    def __getitem__(self, key: object) -> NoReturn:
        _fail(
            "indexes a tensor",
            "A formula is written for one element: write v, not v[...], and norm(v) for a "
            "reduction.",
        )

    def __setitem__(self, key: object, value: object) -> NoReturn:
        _fail(
            "writes into a tensor",
            "A formula returns new values: instead of v[...] = x, write v = x and return it.",
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Expr:
        # A NumPy number on the left of an operator arrives here.
        op = _UFUNCS.get(ufunc.__name__)
        if op is not None and method == "__call__" and not options:
            return _apply(op, *inputs)
        _fail_numpy(ufunc.__name__)

    def __array__(self, *rest: Any, **options: Any) -> NoReturn:
        _fail_numpy("array")

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        _fail(
            f"asks a tensor for .{name}",
            "A formula is written for one element, which has no attributes or methods; "
            "write sqrt(x), not x.sqrt().",
        )


_UFUNCS = {
    "add": "add", "subtract": "sub", "multiply": "mul", "divide": "div", "power": "pow",
    "less": "lt", "less_equal": "le", "equal": "eq", "not_equal": "ne",
}  # fmt: skip


def _fail_numpy(name: str) -> NoReturn:
    _fail(
        f"calls numpy.{name}",
        "NumPy computes with arrays, and a formula has none. "
        "Import sqrt, exp, log, tanh, sign, minimum, maximum, where from catenary.expr.",
    )


def _apply(op: str, *args: Number) -> Expr:
    return Expr(nodes.node(op, *map(_node, args)))


def _node(value: Number) -> Node:
    if isinstance(value, Expr):
        return value.node
    if isinstance(value, (int, float)):
        return nodes.const(value)
    if hasattr(value, "item") and not getattr(value, "shape", ()):
        return nodes.const(float(value.item()))
    _fail(
        f"uses a {type(value).__name__} in a formula",
        "A formula computes with its tensors, with h.name and with Python numbers.",
    )


def sqrt(x: Number) -> Expr:
    """√x, correctly rounded."""
    return _apply("sqrt", x)


def exp(x: Number) -> Expr:
    """The exponential, within 2 ulp."""
    return _apply("exp", x)


def log(x: Number) -> Expr:
    """The natural logarithm, within 2 ulp."""
    return _apply("log", x)


def tanh(x: Number) -> Expr:
    """The hyperbolic tangent, within 2 ulp."""
    return _apply("tanh", x)


def absolute(x: Number) -> Expr:
    """|x|; `abs(x)` is the same."""
    return _apply("abs", x)


def sign(x: Number) -> Expr:
    """-1, 0 or 1; NaN for NaN."""
    return _apply("sign", x)


def minimum(x: Number, y: Number) -> Expr:
    """The smaller of two values; NaN if either is NaN."""
    return _apply("minimum", x, y)


def maximum(x: Number, y: Number) -> Expr:
    """The larger of two values; NaN if either is NaN."""
    return _apply("maximum", x, y)


def where(condition: Number, x: Number, y: Number) -> Expr:
    """`x` where the condition holds, `y` elsewhere."""
    return _apply("where", condition, x, y)


def isnan(x: Number) -> Expr:
    """Whether x is NaN."""
    return _apply("ne", x, x)


def norm(x: Number, over: Literal["tensor", "model"] = "tensor") -> Expr:
    """The Euclidean norm ‖x‖₂, accumulated in float64.

    Args:
        x: An expression that varies per element, such as `g`.
        over: ``"tensor"`` for the tensor at hand (LARS, LAMB); ``"model"`` for all tensors of the
            target together (clipping), in a hook of an optimizer.
    """
    if over not in ("tensor", "model"):
        _fail(f"takes a norm over {over!r}", "A norm goes over 'tensor' or over 'model'.")
    return Expr(nodes.norm(_node(x), over))


class Scope:
    """What `h` is while a formula is traced.

    Args:
        names: Floats that `h` answers to; each becomes a hyperparameter of the program.
        flags: Booleans and other values that are compiled in: the formula may branch on them.
        prefix: Put before the names in the program, so that two hooks do not collide.
        sizes: Lengths of the names that stand for tuples of floats; ``betas`` of length 2 becomes
            the hyperparameters ``betas[0]`` and ``betas[1]``.
        formulas: Names that stand for expressions, each made by calling its function with `h`.
    """

    def __init__(
        self,
        names: frozenset[str],
        flags: Mapping[str, Any],
        prefix: str = "",
        sizes: Mapping[str, int] | None = None,
        formulas: Mapping[str, Callable[[Any], Any]] | None = None,
    ) -> None:
        self._names, self._flags, self._prefix = names, flags, prefix
        self._sizes, self._formulas = sizes or {}, formulas or {}

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if name in self._flags:
            return self._flags[name]
        if name in self._sizes:
            places = range(self._sizes[name])
            return tuple(Expr(nodes.hyper(f"{self._prefix}{name}[{i}]")) for i in places)
        if name in self._formulas:
            return self._formulas[name](self)
        if name in self._names:
            return Expr(nodes.hyper(self._prefix + name))
        known = ", ".join(sorted({*self._names, *self._flags}))
        _fail(f"asks for h.{name}", f"h answers to the declared hyperparameters and to: {known}.")


def trace(
    function: Callable[..., Any],
    tensors: Mapping[str, Node | None],
    scope: Scope,
    results: int,
) -> tuple[Node | None, ...]:
    """Call `function` once with traced arguments and return the nodes that it computed.

    Args:
        function: A formula, called as ``function(*tensors, h)``.
        tensors: What each tensor argument stands for, in order; None for one that is absent.
        scope: The `h` argument.
        results: How many values the formula must return.

    Returns:
        One node a result; None where the formula returned None.

    Raises:
        TraceError: If the formula cannot be traced; the message shows the line.
    """
    args = [None if n is None else Expr(n) for n in tensors.values()]
    got = function(*args, scope)
    values = got if isinstance(got, tuple) else (got,)
    if len(values) != results:
        raise TraceError(
            f"{_called(function)} returns {len(values)} values and must return {results}: "
            f"the new value of each tensor that it updates, in the order of its arguments."
        )
    return tuple(
        _result(function, place, value, optional=place > 0 and None in tensors.values())
        for place, value in enumerate(values)
    )


def _result(function: Callable[..., Any], place: int, value: Any, *, optional: bool) -> Node | None:
    if value is None and optional:
        return None
    if not isinstance(value, (Expr, int, float)):
        kind = "None" if value is None else f"a {type(value).__name__}"
        raise TraceError(
            f"{_called(function)} returns {kind} where a value belongs (result {place}). A formula "
            f"returns what it computed from its tensors: p, or (p, v, ...)."
        )
    return _node(value)


def _called(function: Callable[..., Any]) -> str:
    code = getattr(function, "__code__", None)
    where_ = f" ({Path(code.co_filename).name}:{code.co_firstlineno})" if code else ""
    return f"{getattr(function, '__qualname__', function)}{where_}"


def _fail(what: str, advice: str) -> NoReturn:
    frame = sys._getframe(1)
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    code = frame.f_code
    name = getattr(code, "co_qualname", code.co_name)
    place = f"{Path(code.co_filename).name}:{frame.f_lineno}"
    raise TraceError(f"{name} {what} ({place}).\n{_quote(frame)}{advice}") from None


def _quote(frame: FrameType) -> str:
    """Return the source line with a caret under the expression, as far as Python tells us."""
    line = linecache.getline(frame.f_code.co_filename, frame.f_lineno)
    if not line.strip():
        return ""
    text = f"        {line.strip()}\n"
    positions = getattr(frame.f_code, "co_positions", None)
    if positions is None:
        return text
    start_line, end_line, start, end = list(positions())[frame.f_lasti // 2]
    if start_line != end_line or start is None or end is None:
        return text
    indent = len(line) - len(line.lstrip())
    return f"{text}        {' ' * (start - indent)}{'^' * max(1, end - start)}\n"
