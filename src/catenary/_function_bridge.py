"""The one torch function through which users' functions take part in torch's graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
import torch

from catenary._variable_cut import late, replant
from catenary.backends.memory import share, tensor_of
from catenary.variable import Variable

__all__ = ["results_of"]


class UserFunction(torch.autograd.Function):
    """Hands outputs that are computed already to torch, and asks the function for gradients."""

    @staticmethod
    def forward(
        ctx: Any, node: Any, outputs: list[torch.Tensor], *inputs: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        """Return `outputs`, computed by `node` from `inputs`."""
        ctx.node = node
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*[y for y in outputs if not y.is_floating_point()])
        ctx.save_for_backward(*[outputs[i] for i in node._output_indexes_to_retain or ()])
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor | None) -> tuple[torch.Tensor | None, ...]:
        """Return the gradients of the inputs, two Nones before them."""
        needed = ctx.needs_input_grad[2:]
        node = ctx.node
        return (None, None, *node._gradients(needed, grads, ctx.saved_tensors))


def results_of(
    node: Any, inputs: Sequence[Variable], arrays: tuple[Any, ...], record: bool
) -> tuple[Variable, ...]:
    """Return Variables over the arrays that `node` made of `inputs`, connected in torch's graph.

    Args:
        node: The function's node.
        inputs: Variables that it read.
        arrays: What it computed; each becomes the memory of its Variable where torch can hold it.
        record: Whether to connect them.
    """
    shared = [share(y) if isinstance(y, numpy.ndarray) else None for y in arrays]
    outputs = [tensor_of(y) if own is None else own for y, own in zip(arrays, shared, strict=True)]
    if record and torch.is_grad_enabled():
        for variable in inputs if late else ():
            replant(variable)
        tensors = [variable.tensor for variable in inputs]
        if any(tensor.requires_grad for tensor in tensors):
            outputs = UserFunction.apply(node, outputs, *tensors)  # type: ignore[no-untyped-call]
    results = []
    for tensor, array, own in zip(outputs, arrays, shared, strict=True):
        result: Variable = Variable.__new__(Variable)
        result.name = None
        result._tensor = tensor
        if own is not None:
            result._show(array)
        results.append(result)
    return tuple(results)
