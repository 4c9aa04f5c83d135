"""Turn a torch operation and its inputs into Variables with their place in the graph."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, NoReturn

import numpy
import torch

from catenary import _variable_hooks
from catenary._variable_cut import late, replant
from catenary._variable_graph import Operation, VariableNode, nodes_of, place, place_of_array
from catenary.backend import get_array_types
from catenary.backends.memory import numpy_dtype, share
from catenary.config import config, unusual
from catenary.errors import annotate
from catenary.utils.type_check import InvalidType
from catenary.variable import Variable

__all__ = ["apply", "apply_many", "floating", "form", "matching", "reject"]

Check = Callable[..., None]

_new = Variable.__new__


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
    if _variable_hooks.in_force or unusual.entries or late:
        return _carefully(label, operation, inputs, check)[0]
    # What follows is `_carefully` for the case whose speed matters.
    tensors, nodes, requires_grad = _read(label, inputs)
    if check is not None:
        check(label, *tensors)
    try:
        made = operation(*tensors)
    except (RuntimeError, IndexError) as error:
        _explain(label, tensors, error)
    for tensor in tensors:
        if tensor is made:
            made = made.view_as(made)
    result: Variable = _new(Variable)
    result._tensor = made
    result._requires_grad = requires_grad
    result._node = place(result, made, (label, tuple(nodes), operation))
    return result


def apply_many(
    label: str,
    operation: Callable[..., tuple[torch.Tensor, ...]],
    *inputs: Any,
    check: Check | None = None,
) -> tuple[Variable, ...]:
    """Run an operation with several results; see :func:`apply`."""
    if _variable_hooks.in_force or unusual.entries or late:
        return _carefully(label, operation, inputs, check)
    tensors, nodes, requires_grad = _read(label, inputs)
    if check is not None:
        check(label, *tensors)
    try:
        made = operation(*tensors)
    except (RuntimeError, IndexError) as error:
        _explain(label, tensors, error)
    creator = VariableNode._creator(label, operation, tuple(nodes))
    return _results(made, tensors, requires_grad, creator)


def _read(
    label: str, inputs: tuple[Any, ...]
) -> tuple[list[torch.Tensor], list[VariableNode], bool]:
    """Return the inputs' tensors and places, and whether any needs a gradient."""
    tensors, nodes, requires_grad = [], [], False
    for given in inputs:
        if isinstance(given, Variable):
            variable = given
        elif isinstance(given, numpy.ndarray) and (shared := share(given)) is not None:
            tensors.append(shared)
            nodes.append(place_of_array(given))
            continue
        else:
            variable = _wrapped(label, given)
        tensor = variable._tensor
        tensors.append(variable.tensor if tensor is None or variable._pending else tensor)
        nodes.append(variable._node or variable.node)
        if variable._requires_grad:
            requires_grad = True
    return tensors, nodes, requires_grad


def _carefully(
    label: str, operation: Callable[..., Any], inputs: tuple[Any, ...], check: Check | None
) -> tuple[Variable, ...]:
    """Run an operation as the configuration says, with function hooks before and after."""
    variables, tensors = _taken(label, inputs)
    if late and any([replant(variable) for variable in variables]):  # noqa: C419 - all of them
        tensors = [variable.tensor for variable in variables]
    if check is not None:
        check(label, *tensors)
    record = config.enable_backprop
    watched = record or _variable_hooks.in_force
    creator: Any = VariableNode._creator(label, operation) if watched else None
    hooks = _variable_hooks.of(creator) if _variable_hooks.in_force else ()
    arrays: tuple[Any, ...] = ()
    if hooks:
        arrays = creator._read = tuple([v.array for v in variables])
    for hook in hooks:
        hook.forward_preprocess(creator, arrays)
    made = _computed(label, operation, tensors, record)
    for hook in hooks:
        hook.forward_postprocess(creator, arrays)
    if hooks:
        del creator._read
    results = made if isinstance(made, (tuple, list)) else (made,)
    if not record:
        return tuple([_unrecorded(tensor, variables, tensors) for tensor in results])
    creator.inputs = nodes_of(variables)
    requires_grad = any([v._requires_grad for v in variables])  # noqa: C419 - the list is faster
    return _results(results, tensors, requires_grad, creator)


def _taken(label: str, inputs: tuple[Any, ...]) -> tuple[list[Variable], list[torch.Tensor]]:
    variables, tensors = [], []
    for given in inputs:
        variable = given if isinstance(given, Variable) else _wrapped(label, given)
        tensor = variable._tensor
        variables.append(variable)
        tensors.append(variable.tensor if tensor is None or variable._pending else tensor)
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
        _explain(label, tensors, error)
    if config.debug:
        _check_nan(label, made)
    return made


def _results(
    made: Any, tensors: list[torch.Tensor], requires_grad: bool, creator: Operation
) -> tuple[Variable, ...]:
    """Wrap what an operation computed from `tensors`."""
    given = set(map(id, tensors))
    results, nodes = [], []
    for tensor in made:
        result: Variable = _new(Variable)
        # An operation may return its very input: a Variable needs a tensor of its own.
        result._tensor = tensor.view_as(tensor) if id(tensor) in given else tensor
        result._requires_grad = requires_grad
        result._node = place(result, result._tensor, creator)
        results.append(result)
        nodes.append(weakref.ref(result._node))
    creator.outputs = tuple(nodes)
    return tuple(results)


def _unrecorded(
    tensor: torch.Tensor, variables: list[Variable], tensors: list[torch.Tensor]
) -> Variable:
    result: Variable = _new(Variable)
    among = any(tensor is given for given in tensors)
    result._tensor = tensor = tensor.detach() if among else tensor
    result._requires_grad = any([v._requires_grad for v in variables])  # noqa: C419
    if result._requires_grad and tensor.is_floating_point():
        # What remembers no inputs is a leaf of what is computed from it later.
        tensor.requires_grad_()
    return result


def _wrapped(label: str, value: Any) -> Variable:
    if isinstance(value, numpy.ndarray):
        shared = share(value)
        if shared is not None:
            variable: Variable = _new(Variable)
            variable._tensor = shared
            variable._requires_grad = False
            return variable
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


def _explain(label: str, tensors: list[torch.Tensor], error: Exception) -> NoReturn:
    """Raise InvalidType where torch refused the inputs, else the error itself."""
    if not _is_about_inputs(error):
        annotate(error, f"in {label}")
        raise error
    given = "; ".join(form(t) for t in tensors)
    raise InvalidType(label, given, f"{label} cannot take {given}: {error}") from error


def _is_about_inputs(error: Exception) -> bool:
    """Whether torch refused shapes or dtypes, and not values or for want of memory."""
    if isinstance(error, IndexError):
        return str(error).startswith("Dimension")
    return not isinstance(error, torch.OutOfMemoryError)


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
        if not tensor.dtype.is_floating_point:
            reject(label, "floating dtypes (cast with astype)", *tensors)


def matching(label: str, *tensors: torch.Tensor) -> None:
    """Check that dtypes are floating and equal, and shapes equal."""
    first = tensors[0]
    floating(label, first)
    for tensor in tensors[1:]:
        if tensor.dtype != first.dtype or tensor.shape != first.shape:
            reject(label, "one dtype and one shape", *tensors)
