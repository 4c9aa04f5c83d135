"""Function: a user's function in the old style, whose backward computes arrays from arrays."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterable
from typing import Any

import numpy
import torch

from catenary import backend
from catenary.config import config
from catenary.function_node import FunctionNode
from catenary.variable import (
    Variable,
    force_backprop_mode,
    no_backprop_mode,
)

__all__ = ["Function", "FunctionAdapter", "force_backprop_mode", "no_backprop_mode"]


class FunctionAdapter(FunctionNode):
    """The node of one call of a :class:`Function`.

    Args:
        function: The function; the graph keeps it once it has been called.
    """

    def __init__(self, function: Function) -> None:
        self._called: Function | None = None
        self._weak = weakref.ref(function)

    @property
    def function(self) -> Any:
        """The function, None if it was never called and is gone."""
        return self._called or self._weak()

    @property
    def face(self) -> Any:
        """What programs see as a Variable's creator: the function."""
        return self.function

    @property
    def label(self) -> str:
        """The function's label."""
        return self.function.label  # type: ignore[no-any-return]

    @property
    def _impl_name(self) -> str:
        return type(self.function).__name__

    def _check_data_type_forward(self, in_data: tuple[Any, ...]) -> None:
        if type(self.function).check_type_forward is not Function.check_type_forward:
            super()._check_data_type_forward(in_data)

    def check_type_forward(self, in_types: Any) -> None:
        """Ask the function."""
        self.function.check_type_forward(in_types)

    def forward(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Ask the function; it retains all inputs unless it says otherwise."""
        self.retain_inputs(range(len(inputs)))
        return self.function.forward(inputs)  # type: ignore[no-any-return]

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Ask the function, and wrap its arrays so that they refuse to be differentiated."""
        inputs = self.inputs or ()
        data: list[Any] = [None] * len(inputs)
        retained = self.get_retained_inputs()
        for index, variable in zip(self._input_indexes_to_retain or (), retained, strict=True):
            data[index] = variable.array
        arrays = tuple([None if g is None else g.array for g in grad_outputs])
        found = self.function.backward(tuple(data), arrays)
        for node, array in zip(inputs, found, strict=True):
            if array is not None:
                self._check(node, array)
        sources = [*retained, *[g for g in grad_outputs if g is not None]]
        return tuple(
            [
                None if found[i] is None else _final(self.label, found[i], sources)
                for i in target_input_indexes
            ]
        )

    def _check(self, node: Any, array: Any) -> None:
        known: Any = (*backend.get_array_types(), torch.Tensor)
        if not isinstance(array, known):
            raise TypeError(
                f"backward of {self.label} returned {type(array).__name__}, which is no array; "
                "wrap scalars with numpy.asarray"
            )
        if array.dtype != node.dtype:
            raise TypeError(
                f"backward of {self.label} returned a gradient of {array.dtype} for an input of "
                f"{node.dtype}; cast it with astype"
            )
        if tuple(array.shape) != node.shape:
            raise ValueError(
                f"backward of {self.label} returned a gradient of shape {tuple(array.shape)} for "
                f"an input of shape {node.shape}"
            )


class _Final(FunctionNode):
    """A gradient from NumPy: it depends on its sources, nobody knows how.

    Args:
        of: Label of the function that computed it.
        array: The gradient.
    """

    def __init__(self, of: str, array: Any) -> None:
        self._of, self._array = of, array

    def forward(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._array,)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        raise RuntimeError(
            f"cannot twice-differentiate an old style Function {self._of!r}: its backward computes "
            "arrays. Write it as a FunctionNode whose backward uses functions on Variables"
        )


def _final(label: str, array: Any, sources: list[Variable]) -> Variable:
    if not config.enable_backprop:
        return Variable(array, requires_grad=False)
    return _Final(label, array).apply(sources)[0]


class Function:
    """Base of functions in the old style; one object is one call.

    Override `forward` and `backward`, or their `_cpu` and `_gpu` forms. All inputs are retained
    unless `forward` calls :meth:`retain_inputs`. Gradients cannot be differentiated again: see
    :class:`FunctionNode`.

    Example:
        >>> import numpy as np
        >>> from catenary import Function, Variable
        >>> class Square(Function):
        ...     def forward(self, inputs):
        ...         return (inputs[0] ** 2,)
        ...     def backward(self, inputs, grad_outputs):
        ...         return (2 * inputs[0] * grad_outputs[0],)
        >>> x = Variable(np.array([3.0, 4.0]))
        >>> y = Square()(x)
        >>> y.grad = np.ones(2)
        >>> y.backward()
        >>> x.grad.tolist()
        [6.0, 8.0]
    """

    _node: weakref.ref[FunctionAdapter] | None = None
    _owned_node: FunctionAdapter | None = None

    def __call__(self, *inputs: Any) -> Any:
        """Apply the function to Variables and arrays.

        Returns:
            A Variable, or a tuple of them if `forward` returned several arrays.
        """
        node = self._owned_node or FunctionAdapter(self)
        # From now on the graph keeps the function, and the function does not keep the graph.
        node._called = self
        self._node, self._owned_node = weakref.ref(node), None
        results = node.apply(inputs)
        return results[0] if len(results) == 1 else results

    @property
    def node(self) -> FunctionAdapter:
        """The node of the last call, a new one before the first."""
        node = self._owned_node or (None if self._node is None else self._node())
        if node is None:
            node = self._owned_node = FunctionAdapter(self)
        return node

    @property
    def inputs(self) -> Any:
        """The input nodes of the call."""
        return self.node.inputs

    @property
    def outputs(self) -> Any:
        """Weak references to the output nodes of the call."""
        return self.node.outputs

    @property
    def output_data(self) -> tuple[Any, ...]:
        """The retained output arrays; None for the others."""
        return self.node.output_data

    @property
    def rank(self) -> int:
        """Length of the longest path from a leaf to the inputs."""
        return self.node.rank

    @property
    def stack(self) -> Any:
        """Where it was called, in debug mode."""
        return self.node.stack

    @property
    def label(self) -> str:
        """Name in graphs and errors: the class's."""
        return type(self).__name__

    @property
    def local_function_hooks(self) -> dict[str, Any]:
        """The function hooks of this call alone, by name."""
        return self.node.local_function_hooks

    def add_hook(self, hook: Any, name: str | None = None) -> None:
        """Let a function hook watch this call alone; see :meth:`FunctionNode.add_hook`."""
        self.node.add_hook(hook, name)

    def delete_hook(self, name: str) -> None:
        """Take a hook off this call."""
        self.node.delete_hook(name)

    def unchain(self) -> None:
        """Cut this call out of the graph."""
        self.node.unchain()

    def check_type_forward(self, in_types: Any) -> None:
        """Check dtypes and shapes, with :func:`catenary.utils.type_check.expect`."""

    def forward(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute output arrays: `forward_gpu` if an input is on a GPU, else `forward_cpu`."""
        if _on_cpu(inputs):
            return self.forward_cpu(inputs)
        return self.forward_gpu(inputs)

    def forward_cpu(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute output arrays from NumPy arrays."""
        raise NotImplementedError(f"{self.label} defines no forward for the CPU")

    def forward_gpu(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute output arrays from arrays on a GPU."""
        raise NotImplementedError(f"{self.label} defines no forward for the GPU")

    def backward(self, inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute the inputs' gradients: `backward_gpu` if anything is on a GPU.

        Args:
            inputs: Input arrays; None for those not retained.
            grad_outputs: Gradient arrays; None where none arrived.

        Returns:
            One array or None an input.
        """
        if _on_cpu(inputs + grad_outputs):
            return self.backward_cpu(inputs, grad_outputs)
        return self.backward_gpu(inputs, grad_outputs)

    def backward_cpu(
        self, inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Compute the inputs' gradients from NumPy arrays: none, unless overridden."""
        return (None,) * len(inputs)

    def backward_gpu(
        self, inputs: tuple[Any, ...], grad_outputs: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Compute the inputs' gradients from arrays on a GPU: none, unless overridden."""
        return (None,) * len(inputs)

    def retain_inputs(self, indexes: Iterable[int]) -> None:
        """Say in `forward` which inputs `backward` needs."""
        self.node.retain_inputs(indexes)

    def retain_outputs(self, indexes: Iterable[int], retain_after_backward: bool = False) -> None:
        """Say in `forward` which outputs `backward` needs, in :attr:`output_data`."""
        if retain_after_backward:
            warnings.warn("retain_after_backward has no effect", DeprecationWarning, stacklevel=2)
        self.node.retain_outputs(indexes)


def _on_cpu(arrays: tuple[Any, ...]) -> bool:
    return all(x is None or isinstance(x, numpy.ndarray) for x in arrays)
