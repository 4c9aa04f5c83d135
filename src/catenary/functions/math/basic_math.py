"""The operators of Variable: + − × ÷ // ** @, with Chainer's rules for dtypes.

A number or an array takes the Variable's dtype; two Variables must agree. Division by a number is
multiplication by its reciprocal, rounded to the dtype.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy
import torch

from catenary.backend import get_array_types
from catenary.backends.memory import torch_dtype
from catenary.functions._apply import apply, floating, reject
from catenary.functions._node_attributes import as_label
from catenary.functions.math.floor import floor
from catenary.functions.math.matmul import matmul
from catenary.variable import Variable

__all__ = ["absolute", "add", "install_variable_arithmetics", "mul"]

_Compute = Callable[[Any, Any], torch.Tensor]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, complex, numpy.generic))


def _constant(x: Any, value: Any) -> Any:
    """Return a number rounded to the dtype of `x`."""
    dtype = x.dtype
    return value if isinstance(dtype, torch.dtype) else dtype.type(value).item()


def _operand(x: Any, value: Any) -> Any:
    """Return a Variable as it is, an array in the dtype of `x`."""
    if isinstance(value, Variable):
        return value
    if isinstance(value, torch.Tensor):
        return value.to(torch_dtype(x.dtype))
    if not isinstance(value, get_array_types()):
        raise TypeError(
            "a Variable is combined with numbers, arrays and Variables, "
            f"got {type(value).__name__}; wrap the values with numpy.asarray"
        )
    array: Any = value
    return array.astype(x.dtype, copy=False)


def _alike(label: str, left: torch.Tensor, *others: torch.Tensor) -> None:
    dtype = left.dtype
    for other in others:
        if other.dtype != dtype:
            reject(label, "one dtype (cast the others with functions.cast)", left, *others)


def _alike_floating(label: str, left: torch.Tensor, right: torch.Tensor) -> None:
    floating(label, left, right)
    _alike(label, left, right)


def _between(symbol: str, compute: _Compute, left: Any, right: Any, check: Any) -> Variable:
    return apply(f"_ {symbol} _", compute, left, right, check=check)


def _sum(first: torch.Tensor, *others: torch.Tensor) -> torch.Tensor:
    return functools.reduce(operator.add, others, first)


def add(*xs: Any) -> Variable:
    """Return the sum of all arguments, broadcast against each other.

    Args:
        xs: Variables or arrays of one dtype; the second of two may be a number.
    """
    if not xs:
        raise TypeError("add takes at least one argument")
    total, rest = xs[0], xs[1:]
    if not rest:
        return apply("_ + _", operator.pos, total)
    if len(rest) == 1:
        return _add(total, rest[0])
    return apply("MultiAdd", _sum, *xs, check=_alike)


def _add(self: Any, rhs: Any) -> Variable:
    if _is_number(rhs):
        c = _constant(self, rhs)
        return apply(f"_ + {as_label(rhs)}", lambda x: x + c, self)
    return _between("+", operator.add, self, _operand(self, rhs), _alike)


def _sub(self: Any, rhs: Any) -> Variable:
    if _is_number(rhs):
        c = _constant(self, -rhs)
        return apply(f"_ + {as_label(-rhs)}", lambda x: x + c, self)
    return _between("-", operator.sub, self, _operand(self, rhs), _alike)


def _rsub(self: Any, lhs: Any) -> Variable:
    if _is_number(lhs):
        c = _constant(self, lhs)
        return apply(f"{as_label(lhs)} - _", lambda x: c - x, self)
    return _between("-", operator.sub, _operand(self, lhs), self, _alike)


def mul(self: Any, rhs: Any) -> Variable:
    """Return the product of two operands; one of them may be a number."""
    if _is_number(rhs):
        c = _constant(self, rhs)
        return apply(f"_ * {as_label(rhs)}", lambda x: x * c, self)
    return _between("*", operator.mul, self, _operand(self, rhs), _alike_floating)


def _div(self: Any, rhs: Any) -> Variable:
    if _is_number(rhs):
        # NumPy's small numbers are divided by in float64, as they were before NumPy 2.
        one = numpy.float64(1) if isinstance(rhs, numpy.generic) else 1.0
        return mul(self, one / rhs)
    return _between("/", operator.truediv, self, _operand(self, rhs), _alike_floating)


def _rdiv(self: Any, lhs: Any) -> Variable:
    if _is_number(lhs):
        c = _constant(self, lhs)
        return apply(f"{as_label(lhs)} / _", lambda x: c / x, self, check=floating)
    return _between("/", operator.truediv, _operand(self, lhs), self, _alike_floating)


def _pow(self: Any, rhs: Any) -> Variable:
    if _is_number(rhs):
        c = _constant(self, rhs)
        return apply(f"_ ** {as_label(rhs)}", lambda x: x**c, self, check=floating)
    return _between("**", operator.pow, self, _operand(self, rhs), _alike_floating)


def _rpow(self: Any, lhs: Any) -> Variable:
    if _is_number(lhs):
        c = _constant(self, lhs)
        return apply(f"{as_label(lhs)} ** _", lambda x: c**x, self, check=floating)
    return _between("**", operator.pow, _operand(self, lhs), self, _alike_floating)


def _floordiv(self: Any, rhs: Any) -> Variable:
    return floor(_div(self, rhs))


def _rfloordiv(self: Any, lhs: Any) -> Variable:
    return floor(_rdiv(self, lhs))


def _matmul(self: Any, rhs: Any) -> Variable:
    return matmul(self, _operand(self, rhs))


def _rmatmul(self: Any, lhs: Any) -> Variable:
    return matmul(_operand(self, lhs), self)


def absolute(self: Any) -> Variable:
    """Return |x|; the gradient at 0 is 0.

    Args:
        self: Variable or array, floating.
    """
    return apply("|_|", torch.abs, self, check=floating)


def _neg(self: Any) -> Variable:
    return apply("__neg__", torch.neg, self)


def _pos(self: Variable) -> Variable:
    return self


def install_variable_arithmetics() -> None:
    """Give Variable its operators."""
    operators: dict[str, Any] = {
        "pos": _pos,
        "neg": _neg,
        "abs": absolute,
        "add": _add,
        "radd": _add,
        "sub": _sub,
        "rsub": _rsub,
        "mul": mul,
        "rmul": mul,
        "truediv": _div,
        "rtruediv": _rdiv,
        "floordiv": _floordiv,
        "rfloordiv": _rfloordiv,
        "pow": _pow,
        "rpow": _rpow,
        "matmul": _matmul,
        "rmatmul": _rmatmul,
    }
    for name, method in operators.items():
        setattr(Variable, f"__{name}__", method)
