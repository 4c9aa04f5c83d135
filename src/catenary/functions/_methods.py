"""The methods of Variable that are functions: indexing, shapes, operators."""

from __future__ import annotations

from typing import Any

from catenary.functions.array.get_item import get_item
from catenary.functions.array.reshape import reshape
from catenary.functions.array.transpose import transpose
from catenary.functions.math.average import average
from catenary.functions.math.basic_math import install_variable_arithmetics
from catenary.variable import Variable

__all__ = ["install"]


def _reshape(self: Variable, *shape: Any) -> Variable:
    """Return the values in another shape, given as ints or as one tuple."""
    if len(shape) == 1 and isinstance(shape[0], (tuple, list)):
        shape = tuple(shape[0])
    return reshape(self, shape)


def _transpose(self: Variable, *axes: Any) -> Variable:
    """Return the axes in another order, given as ints or as one tuple; none reverses them."""
    if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))):
        return transpose(self, axes[0])
    return transpose(self, axes or None)


def _mean(
    self: Variable, axis: Any = None, *, weights: Any = None, keepdims: bool = False
) -> Variable:
    """Return the mean over axes; see :func:`catenary.functions.average`."""
    return average(self, axis, weights, keepdims)


def install() -> None:
    """Give Variable its operators and the methods that compute."""
    install_variable_arithmetics()
    methods: dict[str, Any] = {
        "__getitem__": get_item,
        "reshape": _reshape,
        "transpose": _transpose,
        "mean": _mean,
        "T": property(transpose, doc="The axes in reverse order."),
    }
    for name, method in methods.items():
        setattr(Variable, name, method)
