"""The light graph that Variables keep beside torch's: who made whom, and how deep.

torch's autograd computes gradients; this graph answers what Chainer programs ask of it: creator,
rank, inputs, unchaining.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any, ClassVar

import torch

from catenary import _variable_hooks
from catenary._variable_cut import stop
from catenary.backends.memory import array_of, numpy_dtype

__all__ = [
    "Call",
    "Operation",
    "VariableNode",
    "describe",
    "nodes_of",
    "place",
    "place_of_array",
    "unchain_all",
]


class VariableNode:
    """A Variable's place in the graph; it lives on while later operations depend on it.

    Most nodes are the only result of a call that nobody ever asks about, so such a node keeps its
    call's label and inputs itself (`_origin`), and the :class:`Call` is made when someone does ask.
    """

    __slots__ = (
        "__weakref__",
        "_dtype",
        "_grad_fn",
        "_kept",
        "_name",  # unset in most nodes
        "_of_torch",  # set where torch knows what our graph does not
        "_origin",
        "_output_nr",
        "_rank",
        "_shape",
        "_variable",
        "requires_grad",
    )

    # Its Variable, None once that is gone.
    _variable: Callable[[], Any]
    # None, an Operation, or what one is made of: label, inputs, and what computed.
    _origin: Any
    _rank: int | None
    requires_grad: bool
    _kept: torch.Tensor | None
    # Its place in torch's graph; shape and dtype where it has none, else torch knows them.
    _grad_fn: Any
    _output_nr: int
    _shape: Any
    _dtype: Any
    _of_torch: bool

    # Set by `_variable_base`: makes a Variable around a tensor.
    _make: ClassVar[Any]
    # Set by `functions`: makes the operation of a label, what computed, and inputs.
    _creator: ClassVar[Any]

    def leave_torch(self) -> Any:
        """Forget the place in torch's graph, and return it: an operation, None for a leaf."""
        grad_fn = self._grad_fn
        if grad_fn is not None:
            # What torch would tell from now on, we have to.
            self._shape, self._dtype = self._form
            self._grad_fn = None
        return grad_fn

    @property
    def _form(self) -> tuple[Any, Any]:
        """Shape and dtype, as torch's operation knows them, or else this node."""
        if self._grad_fn is None:
            return self._shape, self._dtype
        known = self._grad_fn._input_metadata[self._output_nr]
        return known.shape, known.dtype

    @property
    def creator_node(self) -> Operation | None:
        """The operation that made the Variable, None for a leaf."""
        origin = self._origin
        if type(origin) is tuple:
            label, inputs, operation = origin
            origin = self._origin = VariableNode._creator(label, operation, inputs)
            origin.outputs = (weakref.ref(self),)
        return origin  # type: ignore[no-any-return]

    @property
    def rank(self) -> int:
        """Length of the longest path from a leaf, 0 for a leaf."""
        if self._rank is None:
            creator = self.creator_node
            self._rank = 0 if creator is None else creator.rank + 1
        return self._rank

    @property
    def creator(self) -> Any:
        """What made the Variable, None for a leaf; the Function where it is an old-style one."""
        creator = self.creator_node
        return None if creator is None else creator.face

    def set_creator(self, creator: Any) -> None:
        """Name what made the Variable: an operation, or an old-style Function."""
        self.set_creator_node(getattr(creator, "node", creator))

    def set_creator_node(self, creator_node: Operation) -> None:
        """Name the operation that made the Variable; the rank follows."""
        self._origin, self._rank = creator_node, None

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape when the node was made."""
        return tuple(self._form[0])

    @property
    def dtype(self) -> Any:
        """Dtype when the node was made."""
        return numpy_dtype(self._form[1])

    @property
    def label(self) -> str:
        """Short text of shape and dtype, for drawings of the graph."""
        return describe(self.shape, self.dtype)

    @property
    def name(self) -> str | None:
        """The Variable's name, which stays when the Variable is gone."""
        return getattr(self, "_name", None)

    @name.setter
    def name(self, name: str | None) -> None:
        variable = self._variable()
        if variable is not None:
            variable.name = name
        self._name = name

    @property
    def grad(self) -> Any:
        """The Variable's gradient array, None once the Variable is gone."""
        variable = self._variable()
        return None if variable is None else variable.grad

    @property
    def grad_var(self) -> Any:
        """The Variable's gradient as a Variable, None once the Variable is gone."""
        variable = self._variable()
        return None if variable is None else variable.grad_var

    @property
    def data(self) -> Any:
        """The values, None if the Variable is gone and nothing retained them.

        Differs: Chainer shows only values that a function retained.
        """
        variable = self.get_variable_or_none()
        if variable is not None:
            return variable.array
        return None if self._kept is None else array_of(self._kept)

    def retain_data(self) -> None:
        """Keep the values for as long as the node lives.

        Raises:
            RuntimeError: The Variable is gone.
        """
        variable = self._variable()
        if variable is None:
            raise RuntimeError("the values cannot be retained: their Variable is gone")
        self._kept = variable.tensor

    def get_variable_or_none(self) -> Any:
        """Return the Variable, or None once it is gone."""
        return self._variable()

    def get_variable(self) -> Any:
        """Return the Variable; once it is gone, a new one over the values that were retained.

        Raises:
            RuntimeError: The Variable is gone and its values were not retained.
        """
        variable = self._variable()
        if variable is not None:
            return variable
        if self._kept is None:
            raise RuntimeError(
                f"the Variable of {self.label} is gone; keep a reference to it, or call "
                "retain_inputs in the function that needs it"
            )
        variable = self._make(self._kept)
        variable._requires_grad = self.requires_grad
        variable._node = self
        self._variable = weakref.ref(variable)
        return variable

    def unchain(self) -> None:
        """Forget the creator, in torch's graph too: gradients that arrive here stop here."""
        self._rank = self.rank
        self._origin = None
        if self._kept is not None:
            self._kept = self._kept.detach()
        grad_fn = self.leave_torch()
        variable = self._variable()
        if grad_fn is not None:
            stop(grad_fn, self._output_nr, self)
            if variable is not None:
                variable._become_leaf(self._rank)
        elif variable is not None and variable._requires_grad:
            # One of several results, and it depends on nothing that wants a gradient.
            tensor = variable.tensor
            tensor.requires_grad_(tensor.is_floating_point() or tensor.is_complex())


_new = VariableNode.__new__


# Every call of a function needs a node, and calling a class takes longer than calling a function.
def place(variable: Any, tensor: torch.Tensor | None, origin: Any = None) -> VariableNode:
    """Return a node for a Variable that holds `tensor` and comes of `origin`."""
    node = _new(VariableNode)
    node._variable = weakref.ref(variable)
    node._origin = origin
    node._rank = node._kept = None
    node.requires_grad = variable._requires_grad
    node._grad_fn = grad_fn = None if tensor is None else tensor.grad_fn
    if grad_fn is not None:
        node._output_nr = tensor.output_nr  # type: ignore[union-attr]
    elif tensor is not None:
        node._shape, node._dtype = tensor.shape, tensor.dtype
    return node


def place_of_array(array: Any) -> VariableNode:
    """Return a node for an array that a function was given: nobody ever held it as a Variable."""
    node = _new(VariableNode)
    node._variable = _nobody
    node._origin = node._rank = node._kept = node._grad_fn = None
    node.requires_grad = False
    node._shape, node._dtype = array.shape, array.dtype
    return node


def _nobody() -> None:
    """Stand where a weak reference to a Variable does, for what never was one."""


class Operation:
    """One call of a function, as the graph knows it: the nodes it read and the nodes it made."""

    # `_own_hooks` is unset in most.
    __slots__ = ("__weakref__", "_own_hooks", "_rank", "inputs", "outputs")

    inputs: tuple[VariableNode, ...] | None
    outputs: tuple[weakref.ref[VariableNode], ...]
    _rank: int | None

    @property
    def label(self) -> str:
        """Name in graphs and errors."""
        raise NotImplementedError

    @property
    def _impl_name(self) -> str:
        return self.label

    @property
    def face(self) -> Any:
        """What programs see as a Variable's creator."""
        return self

    def connect(self, variables: list[Any], result: Any, tensor: torch.Tensor) -> None:
        """Record that this operation made `result` from `variables`."""
        if self.inputs is None:
            self.inputs = nodes_of(variables)
        node = result._node = place(result, tensor, self)
        self.outputs += (weakref.ref(node),)

    @property
    def rank(self) -> int:
        """Length of the longest path from a leaf to the inputs; found when asked for, and kept."""
        waiting = [self]
        while waiting:
            operation = waiting[-1]
            inputs = operation.inputs or ()
            creators = [node.creator_node for node in inputs if node._rank is None]
            unknown = [c for c in creators if c is not None and c._rank is None and c.inputs]
            if unknown:
                waiting += unknown
                continue
            waiting.pop()
            if inputs:
                operation._rank = max([node.rank for node in inputs])
        return self._rank or 0

    def unchain(self) -> None:
        """Cut this operation out: its outputs become leaves, and it lets go of its inputs.

        The rank stays what it was.
        """
        self._rank = self.rank
        for reference in self.outputs:
            node = reference()
            if node is not None:
                node.unchain()
        self.inputs = None

    # ---- hooks
    @property
    def local_function_hooks(self) -> dict[str, Any]:
        """The function hooks of this call alone, by name."""
        return _variable_hooks.bound(self)

    def add_hook(self, hook: Any, name: str | None = None) -> None:
        """Let a function hook watch this call alone.

        Args:
            hook: A :class:`catenary.FunctionHook`.
            name: Name under which it is kept; its own by default.

        Raises:
            TypeError: `hook` is no FunctionHook.
            KeyError: A hook of this name is there.
        """
        if not hasattr(hook, "backward_postprocess"):
            raise TypeError(f"a function hook is a FunctionHook, got {type(hook).__name__}")
        _variable_hooks.bind(self, hook.name if name is None else name, hook)
        hook.added(self)

    def delete_hook(self, name: str) -> None:
        """Take a hook off this call.

        Raises:
            KeyError: There is no hook of this name.
        """
        _variable_hooks.unbind(self, name).deleted(self)


class Call(Operation):
    """One call of a function that torch differentiates."""

    __slots__ = ("label",)

    label: str

    def __init__(self, label: str, inputs: tuple[VariableNode, ...] | None = None) -> None:
        self.label = label
        self.inputs = inputs
        self.outputs = ()
        self._rank = None


def nodes_of(variables: list[Any]) -> tuple[VariableNode, ...]:
    """Return the places of Variables in the graph."""
    return tuple([variable._node or variable.node for variable in variables])


def describe(shape: tuple[int, ...], dtype: Any) -> str:
    """Return Chainer's label text: ``(2, 3), float32``, and the dtype alone for a scalar."""
    if not shape:
        return str(dtype)
    return f"({', '.join(map(str, shape))}), {dtype}"


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
