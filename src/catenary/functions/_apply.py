"""Turn a torch operation and its inputs into Variables with their place in the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import torch

from catenary._variable_graph import Operation, connect
from catenary.backend import get_array_types
from catenary.backends.memory import numpy_dtype
from catenary.config import config
from catenary.errors import annotate
from catenary.utils.type_check import InvalidType
from catenary.variable import Variable

__all__ = ["apply", "apply_many", "floating", "form", "matching", "reject"]


Check = Callable[..., None]


def apply(
    label: str, operation: Callable[..., torch.Tensor], *inputs: Any, check: Check | None = None
) -> Variable:
    """Run an operation with one result on the tensors of `inputs`.

    Args:
        label: Name of the operation in graphs and errors.
        operation: Takes one tensor an input, returns one.
        inputs: Variables, arrays (which need no gradient) or tensors (which keep their own graph).
        check: Called before as ``check(label, *tensors)``; raises InvalidType for unfit inputs.

    Raises:
        TypeError: An input is neither a Variable nor an array.
        InvalidType: `check` or torch refuses the inputs.
    """
    return _run(label, lambda *tensors: (operation(*tensors),), inputs, check)[0]


def apply_many(
    label: str,
    operation: Callable[..., tuple[torch.Tensor, ...]],
    *inputs: Any,
    check: Check | None = None,
) -> tuple[Variable, ...]:
    """Run an operation with several results; see :func:`apply`."""
    return _run(label, operation, inputs, check)


def _run(
    label: str,
    operation: Callable[..., tuple[torch.Tensor, ...]],
    inputs: tuple[Any, ...],
    check: Check | None,
) -> tuple[Variable, ...]:
    variables = [x if isinstance(x, Variable) else _wrapped(label, x) for x in inputs]
    tensors = [v.tensor for v in variables]
    if check is not None:
        check(label, *tensors)
    record = config.enable_backprop
    try:
        if record:
            made = operation(*tensors)
        else:
            with torch.no_grad():
                made = operation(*tensors)
    except (RuntimeError, IndexError) as error:
        if _is_about_inputs(error):
            raise _refusal(label, tensors, error) from error
        annotate(error, f"in {label}")
        raise
    if config.debug:
        _check_nan(label, made)
    requires_grad = any(v._requires_grad for v in variables)
    own = [_distinct(tensor, tensors, record) for tensor in made]
    results = tuple([_result(tensor, requires_grad) for tensor in own])
    if record:
        _record(label, variables, results)
    elif requires_grad:
        _begin_graphs(results)
    return results


def _wrapped(label: str, value: Any) -> Variable:
    if isinstance(value, get_array_types()):
        return Variable(value, requires_grad=False)
    if isinstance(value, torch.Tensor):
        return Variable.from_tensor(value)  # type: ignore[no-any-return]
    raise TypeError(
        f"{label} takes Variables and arrays, got {type(value).__name__}; "
        "wrap the values with numpy.asarray"
    )


def _distinct(tensor: torch.Tensor, inputs: list[torch.Tensor], record: bool) -> torch.Tensor:
    """Return `tensor`, or a view of it where an operation returned its very input."""
    for given in inputs:
        if tensor is given:
            return tensor.view_as(tensor) if record else tensor.detach()
    return tensor


def _result(tensor: torch.Tensor, requires_grad: bool) -> Variable:
    variable: Variable = Variable.__new__(Variable)
    variable.name = None
    variable._tensor = tensor
    variable._requires_grad = requires_grad
    return variable


def _record(label: str, inputs: list[Variable], outputs: tuple[Variable, ...]) -> None:
    operation = Operation(label, tuple([v._node or v.node for v in inputs]))
    for output in outputs:
        connect(operation, output, output._tensor)  # type: ignore[arg-type]
    operation.keep([output._node for output in outputs])  # type: ignore[misc]


def _begin_graphs(variables: tuple[Variable, ...]) -> None:
    """Make results that remember no inputs the leaves of what is computed from them later."""
    for variable in variables:
        tensor = variable.tensor
        if tensor.is_floating_point():
            tensor.requires_grad_()


def _check_nan(label: str, outputs: tuple[torch.Tensor, ...]) -> None:
    for out in outputs:
        if out.is_floating_point() and bool(torch.isnan(out).any()):
            raise RuntimeError(f"NaN was computed in the forward pass of {label}")


def _is_about_inputs(error: Exception) -> bool:
    """Whether torch refused shapes or dtypes, and not values or for want of memory."""
    if isinstance(error, IndexError):
        return str(error).startswith("Dimension")
    return not isinstance(error, torch.OutOfMemoryError)


def _refusal(label: str, tensors: list[torch.Tensor], error: Exception) -> InvalidType:
    given = "; ".join(form(t) for t in tensors)
    return InvalidType(label, given, f"{label} cannot take {given}: {error}")


# ---- checks
def form(tensor: torch.Tensor) -> str:
    """Return shape and dtype as errors show them."""
    return f"shape {tuple(tensor.shape)} of {numpy_dtype(tensor.dtype)}"


def reject(label: str, expect: str, *tensors: torch.Tensor) -> NoReturn:
    """Raise InvalidType: `expect` is what the operation `label` needs, `tensors` what it got."""
    given = "; ".join(form(t) for t in tensors)
    raise InvalidType(expect, given, f"{label} needs {expect}, got {given}")


def floating(label: str, *tensors: torch.Tensor) -> None:
    """Check that all dtypes are floating."""
    for tensor in tensors:
        if not tensor.is_floating_point():
            reject(label, "floating dtypes (cast with astype)", *tensors)


def matching(label: str, *tensors: torch.Tensor) -> None:
    """Check that dtypes are floating and equal, and shapes equal."""
    first = tensors[0]
    floating(label, first)
    for tensor in tensors[1:]:
        if tensor.dtype != first.dtype or tensor.shape != first.shape:
            reject(label, "one dtype and one shape", *tensors)
