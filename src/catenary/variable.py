"""Variable and Parameter: a torch tensor seen as an array, with Chainer's graph around it."""

from __future__ import annotations

import contextlib
from typing import Any

from catenary._variable_base import Variable
from catenary._variable_graph import VariableNode
from catenary._variable_parameter import Parameter
from catenary.config import using_config

__all__ = [
    "Parameter",
    "Variable",
    "VariableNode",
    "as_array",
    "as_variable",
    "force_backprop_mode",
    "no_backprop_mode",
]

# They are at home here for readers, tracebacks and pickles.
Variable.__module__ = Parameter.__module__ = VariableNode.__module__ = __name__


def as_variable(obj: Any) -> Variable:
    """Return `obj` if it is a Variable, a new one without gradient around it if it is an array.

    Raises:
        TypeError: `obj` is neither.
    """
    return obj if isinstance(obj, Variable) else Variable(obj, requires_grad=False)


def as_array(obj: Any) -> Any:
    """Return the array of a Variable; everything else as it is."""
    return obj.array if isinstance(obj, Variable) else obj


def no_backprop_mode() -> contextlib.AbstractContextManager[None]:
    """Return a context manager inside which functions record no graph."""
    return using_config("enable_backprop", False)


def force_backprop_mode() -> contextlib.AbstractContextManager[None]:
    """Return a context manager inside which functions record the graph, whatever is around it."""
    return using_config("enable_backprop", True)
