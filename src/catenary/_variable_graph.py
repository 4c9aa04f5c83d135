"""The light graph that Variables keep beside torch's: who made whom, and how deep.

torch's autograd computes gradients; this graph answers what Chainer programs ask of it (creator,
rank, inputs, unchaining) and finds the leaf Variables that a backward pass reaches.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import Any

import torch

from catenary.backends.memory import numpy_dtype
from catenary.config import config

__all__ = ["Operation", "VariableNode", "connect", "describe", "differentiate", "unchain_all"]


class VariableNode:
    """A Variable's place in the graph; it lives on while later operations depend on it."""

    __slots__ = (
        "__weakref__",
        "_dtype",
        "_grad_fn",
        "_output_nr",
        "_shape",
        "_variable",
        "creator_node",
        "rank",
        "requires_grad",
    )

    def __init__(self, variable: Any, tensor: torch.Tensor | None) -> None:
        self._variable = weakref.ref(variable)
        self.creator_node: Operation | None = None
        self.rank = 0
        self.requires_grad: bool = variable.requires_grad
        self._grad_fn: Any = None
        self._output_nr = 0
        if tensor is not None:
            self._shape: Any = tensor.shape
            self._dtype: Any = tensor.dtype

    @property
    def creator(self) -> Operation | None:
        """The operation that made the Variable, None for a leaf."""
        return self.creator_node

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape when the node was made."""
        return tuple(self._shape)

    @property
    def dtype(self) -> Any:
        """Dtype when the node was made."""
        return numpy_dtype(self._dtype)

    @property
    def label(self) -> str:
        """Short text of shape and dtype, for drawings of the graph."""
        return describe(self.shape, self.dtype)

    @property
    def name(self) -> str | None:
        """The Variable's name, None once the Variable is gone."""
        variable = self._variable()
        return None if variable is None else variable.name

    @property
    def grad(self) -> Any:
        """The Variable's gradient array, None once the Variable is gone."""
        variable = self._variable()
        return None if variable is None else variable.grad

    def get_variable_or_none(self) -> Any:
        """Return the Variable, or None once it is gone."""
        return self._variable()

    def unchain(self) -> None:
        """Forget the creator, in torch's graph too: gradients that arrive here stop here."""
        self.creator_node = None
        grad_fn, self._grad_fn = self._grad_fn, None
        if grad_fn is not None:
            grad_fn.register_prehook(_stopper(self._output_nr, self._variable))
        variable = self._variable()
        if variable is not None:
            variable._become_leaf()


class Operation:
    """One call of a function: its label, the nodes it read and the nodes it made."""

    __slots__ = ("__weakref__", "inputs", "label", "outputs", "rank")

    def __init__(self, label: str, inputs: tuple[VariableNode, ...]) -> None:
        self.label = label
        self.inputs: tuple[VariableNode, ...] | None = inputs
        self.rank: int = max([node.rank for node in inputs], default=0)
        self.outputs: tuple[weakref.ref[VariableNode], ...] = ()

    def keep(self, outputs: list[VariableNode]) -> None:
        """Remember the nodes that this operation made, without keeping them alive."""
        self.outputs = tuple([weakref.ref(node) for node in outputs])

    def unchain(self) -> None:
        """Cut this operation out: its outputs become leaves, and it lets go of its inputs."""
        for reference in self.outputs:
            node = reference()
            if node is not None:
                node.unchain()
        self.inputs = None


def describe(shape: tuple[int, ...], dtype: Any) -> str:
    """Return Chainer's label text: ``(2, 3), float32``, and the dtype alone for a scalar."""
    if not shape:
        return str(dtype)
    return f"({', '.join(map(str, shape))}), {dtype}"


def _stopper(index: int, variable: Callable[[], Any]) -> Callable[[Any], Any]:
    """Return a hook that hands the gradient of one output to its Variable and lets none through."""

    def stop(grads: tuple[torch.Tensor | None, ...]) -> tuple[torch.Tensor | None, ...]:
        arrived, target = grads[index], variable()
        if arrived is not None and target is not None:
            target._accumulate(arrived)
        return tuple(None if i == index else g for i, g in enumerate(grads))

    return stop


def connect(operation: Operation, variable: Any, tensor: torch.Tensor) -> None:
    """Record that `operation` made `variable`."""
    node = VariableNode(variable, tensor)
    node.creator_node = operation
    node.rank = operation.rank + 1
    node._grad_fn = tensor.grad_fn
    node._output_nr = tensor.output_nr
    variable._node = node


def unchain_all(start: Operation | None) -> None:
    """Cut out every operation behind `start`, and `start` itself."""
    waiting = [] if start is None else [start]
    while waiting:
        operation = waiting.pop()
        inputs = operation.inputs
        if inputs is None:
            continue
        waiting.extend(n.creator_node for n in inputs if n.creator_node is not None)
        operation.unchain()


def reached(root: VariableNode) -> tuple[list[Any], list[Any]]:
    """Return the live Variables that gradients from `root` arrive at: leaves, and all others."""
    leaves: list[Any] = []
    inner: list[Any] = []
    seen = {root}
    waiting = [root]
    while waiting:
        node = waiting.pop()
        variable = node._variable()
        creator = node.creator_node
        if variable is not None:
            (leaves if creator is None else inner).append(variable)
        if creator is None or creator.inputs is None:
            continue
        for parent in creator.inputs:
            if parent.requires_grad and parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return leaves, inner


def differentiate(
    root: Any,
    grad: torch.Tensor,
    *,
    retain_grad: bool,
    create_graph: bool,
    loss_scale: float | None,
) -> None:
    """Send `grad` backward from `root`, adding to the gradient of every leaf Variable it reaches.

    The graph stays, so that a second loss over it can be differentiated afterwards.
    """
    leaves, inner = reached(root.node)
    for leaf in leaves:
        leaf._settle_scale()
    tensor = root.tensor
    kept: dict[int, torch.Tensor] = {}
    hooks = []
    if retain_grad:
        hooks = [_keeper(v, kept) for v in inner if v is not root and v.tensor.requires_grad]
    try:
        if tensor.requires_grad:
            _torch_backward(tensor, grad, create_graph)
    finally:
        for hook in hooks:
            hook.remove()
    for leaf in leaves:
        leaf._loss_scale = loss_scale
    if retain_grad:
        kept[id(root)] = grad
        for variable in inner:
            if id(variable) in kept:
                variable._put_gradient(kept[id(variable)])


def _keeper(variable: Any, kept: dict[int, torch.Tensor]) -> Any:
    key = id(variable)

    def keep(grad: torch.Tensor) -> None:
        kept[key] = grad

    return variable.tensor.register_hook(keep)


def _torch_backward(tensor: torch.Tensor, grad: torch.Tensor, create_graph: bool) -> None:
    debug = config.debug
    if not create_graph and not debug:
        torch.autograd.backward(tensor, grad, retain_graph=True)
        return
    with warnings.catch_warnings(), torch.autograd.set_detect_anomaly(bool(debug)):
        # torch warns that gradients with a graph refer to their parameters; Chainer's do as well,
        # and `cleargrads` breaks the cycle.
        warnings.filterwarnings("ignore", "Using backward\\(\\) with create_graph")
        # In debug mode NaN is an error, which says enough.
        warnings.filterwarnings("ignore", "Error detected in")
        torch.autograd.backward(tensor, grad, retain_graph=True, create_graph=create_graph)
