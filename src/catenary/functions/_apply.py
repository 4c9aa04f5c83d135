"""Turn a torch operation and its inputs into Variables with their place in the graph."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import torch

from catenary import _variable_hooks
from catenary._variable_graph import Call
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
    variables, tensors = _taken(label, inputs)
    if check is not None:
        check(label, *tensors)
    if _variable_hooks.in_force:
        return _watched(label, operation, variables, tensors)[0]
    record = config.enable_backprop
    made = _computed(label, operation, tensors, record)
    return _result(made, variables, tensors, Call(label) if record else None)


def apply_many(
    label: str,
    operation: Callable[..., tuple[torch.Tensor, ...]],
    *inputs: Any,
    check: Check | None = None,
) -> tuple[Variable, ...]:
    """Run an operation with several results; see :func:`apply`."""
    variables, tensors = _taken(label, inputs)
    if check is not None:
        check(label, *tensors)
    if _variable_hooks.in_force:
        return _watched(label, operation, variables, tensors)
    record = config.enable_backprop
    made = _computed(label, operation, tensors, record)
    creator = Call(label) if record else None
    return tuple([_result(tensor, variables, tensors, creator) for tensor in made])


def _taken(label: str, inputs: tuple[Any, ...]) -> tuple[list[Variable], list[torch.Tensor]]:
    variables, tensors = [], []
    for given in inputs:
        variable = given if isinstance(given, Variable) else _wrapped(label, given)
        tensor = variable._tensor
        variables.append(variable)
        tensors.append(variable.tensor if variable._pending or tensor is None else tensor)
    return variables, tensors


def _computed(
    label: str, operation: Callable[..., Any], tensors: list[torch.Tensor], record: bool
) -> Any:
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
    return made


def _watched(
    label: str,
    operation: Callable[..., Any],
    variables: list[Variable],
    tensors: list[torch.Tensor],
) -> tuple[Variable, ...]:
    """Do what `apply` does, with function hooks before and after."""
    record = config.enable_backprop
    creator = Call(label)
    hooks, arrays = _variable_hooks.of(creator), tuple([v.array for v in variables])
    for hook in hooks:
        hook.forward_preprocess(creator, arrays)
    made = _computed(label, operation, tensors, record)
    for hook in hooks:
        hook.forward_postprocess(creator, arrays)
    results = made if isinstance(made, (tuple, list)) else (made,)
    kept = creator if record else None
    return tuple([_result(tensor, variables, tensors, kept) for tensor in results])


def _result(
    tensor: torch.Tensor,
    variables: list[Variable],
    tensors: list[torch.Tensor],
    creator: Call | None,
) -> Variable:
    """Wrap one tensor that was computed from `variables`; its creator is None if nothing records.

    An operation may return its very input; a Variable of its own needs a tensor of its own.
    """
    for given in tensors:
        if tensor is given:
            tensor = tensor.detach() if creator is None else tensor.view_as(tensor)
            break
    requires_grad = False
    for variable in variables:
        if variable._requires_grad:
            requires_grad = True
            break
    result: Variable = Variable.__new__(Variable)
    result.name = None
    result._tensor = tensor
    result._requires_grad = requires_grad
    if creator is not None:
        creator.connect(variables, result, tensor)
    elif requires_grad and tensor.is_floating_point():
        # What remembers no inputs is a leaf of what is computed from it later.
        tensor.requires_grad_()
    return result


def _wrapped(label: str, value: Any) -> Variable:
    if isinstance(value, get_array_types()):
        return Variable(value, requires_grad=False)
    if isinstance(value, torch.Tensor):
        return Variable.from_tensor(value)  # type: ignore[no-any-return]
    raise TypeError(
        f"{label} takes Variables and arrays, got {type(value).__name__}; "
        "wrap the values with numpy.asarray"
    )


def _check_nan(label: str, made: Any) -> None:
    for out in made if isinstance(made, (tuple, list)) else (made,):
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
