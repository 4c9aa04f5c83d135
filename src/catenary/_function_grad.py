"""Gradients as values: `grad`, and `backward` from several Variables at once."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch

from catenary._variable_backward import (
    differentiate,
    passed,
    reached,
    record_gradients,
    settings,
    watching,
)
from catenary._variable_cut import cut_edges, thread
from catenary._variable_graph import VariableNode
from catenary.variable import Variable

__all__ = ["backward", "grad"]


def backward(
    outputs: Sequence[Variable],
    grad_outputs: Sequence[Variable | None] | None = None,
    **kwargs: Any,
) -> None:
    """Differentiate several Variables in one pass; see :meth:`Variable.backward`.

    Args:
        outputs: Variables to start from.
        grad_outputs: Their gradients, Variables; by default those that the outputs hold. An output
            without one starts nothing, with a warning.
        kwargs: `retain_grad`, `enable_double_backprop`, `loss_scale`.

    Raises:
        TypeError: `outputs` or `grad_outputs` is no sequence.
        ValueError: There are not as many gradients as outputs.
    """
    _sequence("outputs", outputs)
    if grad_outputs is None:
        grad_outputs = []
        for index, output in enumerate(outputs):
            gradient = output.grad_var
            if gradient is None:
                warnings.warn(
                    f"backward starts nothing at output {index}, which holds no gradient (or is "
                    "there twice): set its grad, or give grad_outputs",
                    RuntimeWarning,
                    stacklevel=2,
                )
            grad_outputs.append(gradient)
            output.grad_var = None
    else:
        _sequence("grad_outputs", grad_outputs)
        _as_many("grad_outputs", grad_outputs, "outputs", outputs)
    roots = [(y, gy) for y, gy in zip(outputs, grad_outputs, strict=True) if gy is not None]
    differentiate(
        [y for y, _ in roots],
        [gy.tensor for _, gy in roots],
        retain_grad=kwargs.pop("retain_grad", False),
        create_graph=kwargs.pop("enable_double_backprop", False),
        loss_scale=kwargs.pop("loss_scale", None),
        **kwargs,
    )


def grad(
    outputs: Sequence[Variable],
    inputs: Sequence[Variable],
    grad_outputs: Sequence[Variable | None] | None = None,
    grad_inputs: Sequence[Variable | None] | None = None,
    set_grad: bool = False,
    retain_grad: bool = False,
    enable_double_backprop: bool = False,
    loss_scale: float | None = None,
) -> list[Variable | None]:
    """Return the gradients of `outputs` with respect to `inputs`; nothing else gets a gradient.

    Args:
        outputs: Variables to differentiate.
        inputs: Variables, leaves or not, to differentiate with respect to.
        grad_outputs: Gradients to start from; None (for one or for all) means ones.
        grad_inputs: Gradients that arrive at the inputs from elsewhere. They go on to the inputs
            that such an input was computed from; at an output they replace what starts there.
        set_grad: Also store the result as each input's gradient.
        retain_grad: Also store the gradients of all Variables between.
        enable_double_backprop: Record the computation, so that the gradients can be differentiated.
        loss_scale: Multiplies the ones that stand for a missing `grad_outputs`.

    Returns:
        One Variable an input; None for inputs that the outputs do not depend on.

    Raises:
        TypeError: An argument that must be a tuple or a list is none.
        ValueError: There are not as many gradients as outputs, or inputs.
    """
    _sequence("outputs", outputs)
    _sequence("inputs", inputs)
    if grad_outputs is not None:
        _sequence("grad_outputs", grad_outputs)
        _as_many("grad_outputs", grad_outputs, "outputs", outputs)
    if grad_inputs is not None:
        _sequence("grad_inputs", grad_inputs)
        _as_many("grad_inputs", grad_inputs, "inputs", inputs)
    starts = _starts(outputs, grad_outputs, loss_scale)
    arriving = _arriving(outputs, inputs, grad_inputs)
    roots = [*[(y, gy) for y, gy in starts if id(y) not in arriving], *arriving.values()]
    between = _between(outputs, inputs) if retain_grad else []
    wanted = [*inputs, *between]
    found = _torch_grad(
        [y for y, _ in roots], [gy for _, gy in roots], wanted, enable_double_backprop
    )
    given = [gx for gx in (*(grad_outputs or ()), *(grad_inputs or ())) if gx is not None]
    for index, gx in enumerate(grad_inputs or ()):
        if gx is not None and id(inputs[index]) not in arriving:
            found[index] = gx.tensor
    gradients = [None if g is None else Variable.from_tensor(g) for g in found]
    if enable_double_backprop:
        leaves, inner = reached([y.node for y in outputs])
        record_gradients([*leaves, *inner, *given], gradients)
    for variable, gradient in zip(inputs, gradients, strict=False) if set_grad else ():
        variable.grad_var = gradient
    for variable, gradient in zip(between, gradients[len(inputs) :], strict=True):
        if gradient is not None:
            variable.grad_var = gradient
            variable.note_scale(loss_scale)
    return gradients[: len(inputs)]


def _sequence(name: str, value: object) -> None:
    if not isinstance(value, (tuple, list)):
        raise TypeError(f"{name} must be a tuple or a list, got {type(value).__name__}")


def _as_many(name: str, values: Sequence[Any], other: str, others: Sequence[Any]) -> None:
    if len(values) != len(others):
        raise ValueError(f"{name} must be as many as {other}: {len(values)} and {len(others)}")


def _starts(
    outputs: Sequence[Variable],
    grad_outputs: Sequence[Variable | None] | None,
    loss_scale: float | None,
) -> list[tuple[Variable, torch.Tensor]]:
    """Return every output with the gradient that starts there."""
    given = grad_outputs or [None] * len(outputs)
    return [
        (y, _ones(y, loss_scale) if gy is None else gy.tensor)
        for y, gy in zip(outputs, given, strict=True)
    ]


def _arriving(
    outputs: Sequence[Variable],
    inputs: Sequence[Variable],
    grad_inputs: Sequence[Variable | None] | None,
) -> dict[int, tuple[Variable, torch.Tensor]]:
    """Return, by `id`, the inputs that `outputs` depend on with the gradients given for them."""
    if not grad_inputs:
        return {}
    on_the_way = set(passed([y.node for y in outputs]))
    return {
        id(x): (x, gx.tensor)
        for x, gx in zip(inputs, grad_inputs, strict=True)
        if gx is not None and x.node in on_the_way and x.tensor.requires_grad
    }


def _ones(y: Variable, loss_scale: float | None) -> torch.Tensor:
    fill = 1 if loss_scale is None else loss_scale
    return torch.full_like(y.tensor, fill, requires_grad=False)


def _between(outputs: Sequence[Variable], inputs: Sequence[Variable]) -> list[Variable]:
    """Return what was computed among `outputs`, `inputs`, and on the ways from these to those."""
    nodes = passed([y.node for y in outputs])
    made_from: dict[VariableNode, list[VariableNode]] = {}
    for node in nodes:
        creator = node.creator_node
        for parent in (creator and creator.inputs) or ():
            made_from.setdefault(parent, []).append(node)
    depend = list(dict.fromkeys([v.node for v in (*inputs, *outputs)]))
    known = set(depend)
    for node in depend:  # grows on the way
        fresh = [n for n in made_from.get(node, ()) if n not in known]
        known.update(fresh)
        depend += fresh
    variables = [n.get_variable_or_none() for n in depend if n.creator_node is not None]
    return [v for v in variables if v is not None]


def _torch_grad(
    outputs: Sequence[Variable],
    sent: Sequence[torch.Tensor],
    wanted: Sequence[Variable],
    create_graph: bool,
) -> list[torch.Tensor | None]:
    """Return one gradient a Variable; what is no part of torch's graph has none."""
    roots = [(y.tensor, g) for y, g in zip(outputs, sent, strict=True) if y.tensor.requires_grad]
    # One asked for twice is one end, as torch adds up by end.
    once = {id(x): x.tensor for x in wanted if x.tensor.requires_grad}
    ends: list[tuple[int, Any]] = list(once.items())
    cut = {id(x) for x in wanted if x._was_cut}
    if cut:
        ends += cut_edges([y for y, _ in roots], cut)
    if not roots or not ends:
        return [None] * len(wanted)
    before, thread.as_values = thread.as_values, True
    try:
        with watching([y.node for y in outputs]), settings(create_graph):
            grads = torch.autograd.grad(
                [y for y, _ in roots],
                [end for _, end in ends],
                [g for _, g in roots],
                retain_graph=True,
                create_graph=create_graph,
                allow_unused=True,
            )
    finally:
        thread.as_values = before
    found: dict[int, torch.Tensor] = {}
    with torch.set_grad_enabled(create_graph):
        for (key, _), grad in zip(ends, grads, strict=True):
            if grad is not None:
                found[key] = found[key] + grad if key in found else grad
    return [found.get(id(x)) for x in wanted]
