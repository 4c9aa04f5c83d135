"""FunctionNode: a function with a backward of its own, written by a user."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

import numpy
import torch

from catenary import _variable_hooks, backend
from catenary._function_bridge import results_of
from catenary._function_grad import backward, grad
from catenary._variable_graph import Operation, VariableNode, place
from catenary.config import config, using_config
from catenary.errors import annotate
from catenary.utils import type_check
from catenary.variable import Variable, as_variable

__all__ = ["FunctionNode", "backward", "grad"]


class FunctionNode(Operation):
    """Base of differentiable functions that users write; one object is one call.

    Override `forward` (or `forward_cpu` and `forward_gpu`), which computes arrays from arrays, and
    `backward`, which computes gradients as Variables. Gradients written in functions on Variables
    can be differentiated again. Call it with :meth:`apply`.

    Attributes:
        inputs: The input nodes, None before `apply` and where nothing records.
        outputs: Weak references to the output nodes.
        rank: Length of the longest path from a leaf to the inputs.
        stack: Where it was called, in debug mode.

    Example:
        >>> import numpy as np
        >>> from catenary import FunctionNode, Variable
        >>> class Double(FunctionNode):
        ...     def forward(self, inputs):
        ...         return (inputs[0] * 2,)
        ...     def backward(self, target_input_indexes, grad_outputs):
        ...         return (grad_outputs[0] * 2,)
        >>> x = Variable(np.array([3.0, 4.0]))
        >>> (y,) = Double().apply((x,))
        >>> y.grad = np.ones(2)
        >>> y.backward()
        >>> x.grad.tolist()
        [2.0, 2.0]
    """

    inputs: tuple[VariableNode, ...] | None = None
    outputs: Any = None
    _rank: int | None = None
    stack: Any = None
    lazy_grad_sum: bool = False
    is_elementwise: bool = False
    _input_indexes_to_retain: tuple[int, ...] | None = None
    _output_indexes_to_retain: tuple[int, ...] | None = None
    _retained_output_data: tuple[Any, ...] | None = None
    _output_count: int = 0
    _saved: tuple[torch.Tensor, ...] = ()

    @property
    def label(self) -> str:
        """Name in graphs and errors: the class's."""
        return type(self).__name__

    @property
    def _impl_name(self) -> str:
        return type(self).__name__

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: :meth:`apply` calls it."""
        raise RuntimeError(f"{self.label} is a FunctionNode: call it with apply(inputs)")

    # ---- forward
    def apply(self, inputs: Sequence[Any]) -> tuple[Variable, ...]:
        """Compute the outputs and take a place in the graph.

        Args:
            inputs: Variables, or arrays, which get no gradient.

        Returns:
            Variables, as many as `forward` returned arrays.

        Raises:
            TypeError: `forward` returned no tuple, or something in it is no array.
            InvalidType: `check_type_forward` refused the inputs.
        """
        variables = [as_variable(x) for x in inputs]
        arrays = tuple([v.array for v in variables])
        if config.debug:
            self.stack = traceback.extract_stack()
        if config.type_check:
            self._check_data_type_forward(arrays)
        hooks = _variable_hooks.of(self) if _variable_hooks.in_force else ()
        for hook in hooks:
            hook.forward_preprocess(self, arrays)
        self._input_indexes_to_retain = self._output_indexes_to_retain = None
        with _device_of(arrays):
            outputs = self._checked(self.forward(arrays))
        for hook in hooks:
            hook.forward_postprocess(self, arrays)
        return self._wrapped(variables, outputs)

    def _checked(self, outputs: Any) -> tuple[Any, ...]:
        if not isinstance(outputs, tuple):
            raise TypeError(
                f"forward of {self.label} must return a tuple of arrays, "
                f"got {type(outputs).__name__}"
            )
        on_cpu = 0
        for y in outputs:
            if isinstance(y, numpy.ndarray):
                on_cpu += 1
            elif not isinstance(y, (*backend.get_array_types(), torch.Tensor)):
                raise TypeError(
                    f"forward of {self.label} must return arrays, got {type(y).__name__}; "
                    "wrap scalars with numpy.asarray"
                )
        if 0 < on_cpu < len(outputs):
            raise TypeError(f"forward of {self.label} returned arrays of several devices")
        if config.debug and any(_has_nan(y) for y in outputs):
            raise RuntimeError(f"NaN was computed in the forward pass of {self.label}")
        return outputs

    def _wrapped(self, variables: list[Variable], outputs: tuple[Any, ...]) -> tuple[Variable, ...]:
        record = bool(config.enable_backprop)
        needed = any(v.requires_grad for v in variables)
        results = results_of(self, variables, outputs, record)
        self._output_count = len(outputs)
        self.inputs, self.outputs, self._rank = None, (), None
        for result in results:
            result._requires_grad = needed
            if record:
                self.connect(variables, result, result.tensor)
            elif needed and result.tensor.is_floating_point():
                # What remembers no inputs is a leaf of what is computed from it later.
                result.tensor.requires_grad_()
        if not record:
            return results
        for index in self._input_indexes_to_retain or ():
            variables[index].retain_data()
        kept = self._output_indexes_to_retain or ()
        self._retained_output_data = tuple([outputs[i] for i in kept])
        return results

    def _check_data_type_forward(self, in_data: tuple[Any, ...]) -> None:
        if type(self).check_type_forward is not FunctionNode.check_type_forward:
            type_check.check(self, in_data)

    def check_type_forward(self, in_types: Any) -> None:
        """Check dtypes and shapes, with :func:`catenary.utils.type_check.expect`.

        Args:
            in_types: One :class:`~catenary.utils.type_check.TypeInfo` an input.
        """

    def forward(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute output arrays from input arrays: `forward_gpu` on a GPU, else `forward_cpu`.

        Args:
            inputs: Arrays, which must not be changed.
        """
        if inputs and not isinstance(inputs[0], numpy.ndarray):
            return self.forward_gpu(inputs)
        return self.forward_cpu(inputs)

    def forward_cpu(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute output arrays from NumPy arrays."""
        raise NotImplementedError(f"{self.label} defines no forward for the CPU")

    def forward_gpu(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute output arrays from arrays on a GPU."""
        raise NotImplementedError(f"{self.label} defines no forward for the GPU")

    def retain_inputs(self, indexes: Iterable[int]) -> None:
        """Say in `forward` which inputs `backward` needs."""
        self._input_indexes_to_retain = tuple(indexes)

    def retain_outputs(self, indexes: Iterable[int]) -> None:
        """Say in `forward` which outputs `backward` needs."""
        self._output_indexes_to_retain = tuple(indexes)

    # ---- backward
    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Compute gradients of inputs from gradients of outputs.

        Args:
            target_input_indexes: The inputs that need a gradient, in ascending order.
            grad_outputs: Variables; None where no gradient arrived.

        Returns:
            Variables or None, one a target, or one an input.
        """
        return (None,) * len(target_input_indexes)

    def backward_accumulate(
        self,
        target_input_indexes: tuple[int, ...],
        grad_outputs: tuple[Any, ...],
        grad_inputs: tuple[Any, ...],
    ) -> tuple[Any, ...]:
        """Compute gradients and add them to those that are there; may be overridden for speed.

        Args:
            target_input_indexes: The inputs that need a gradient.
            grad_outputs: Variables; None where no gradient arrived.
            grad_inputs: What is there so far. Differs: always None; torch adds.
        """
        found = self._for_targets(
            target_input_indexes, self.backward(target_input_indexes, grad_outputs)
        )
        return tuple(
            [
                new if old is None else old if new is None else new + old
                for new, old in zip(found, grad_inputs, strict=True)
            ]
        )

    def _for_targets(self, targets: tuple[int, ...], grads: tuple[Any, ...]) -> tuple[Any, ...]:
        inputs = self.inputs or ()
        if len(grads) == len(inputs):
            return tuple([grads[i] for i in targets])
        if len(grads) != len(targets):
            raise ValueError(
                f"backward of {self.label} returned {len(grads)} gradients; it must return "
                f"{len(targets)}, one a target, or {len(inputs)}, one an input"
            )
        return grads

    def _gradients(
        self,
        needed: Sequence[bool],
        grads: tuple[torch.Tensor | None, ...],
        saved: tuple[torch.Tensor, ...],
    ) -> list[torch.Tensor | None]:
        """Return the gradient of every input, for torch."""
        inputs = self.inputs
        if inputs is None or all(g is None for g in grads):
            # Unchained, here or at the outputs; torch's graph still leads through.
            return [None] * len(needed)
        targets = tuple(
            [i for i, node in enumerate(inputs) if node.requires_grad and _wants(node, needed[i])]
        )
        record = torch.is_grad_enabled()
        self._saved = saved
        try:
            with torch.enable_grad(), using_config("enable_backprop", record):
                outputs = tuple(
                    [None if g is None else Variable.from_tensor(_own(g)) for g in grads]
                )
                found = self._asked(targets, outputs)
                return self._placed(len(inputs), targets, needed, found)
        except Exception as error:
            if self.stack is not None:
                called = "".join(traceback.format_list(self.stack[:-1]))
                annotate(error, f"{self.label} was called here:\n{called}")
            raise
        finally:
            self._saved = ()

    def _placed(
        self,
        count: int,
        targets: tuple[int, ...],
        needed: Sequence[bool],
        found: tuple[Any, ...],
    ) -> list[torch.Tensor | None]:
        """Return the gradients of the targets, each in its input's place."""
        record = config.enable_backprop
        result: list[torch.Tensor | None] = [None] * count
        for index, gradient in zip(targets, found, strict=True):
            if gradient is not None and needed[index]:
                tensor = self._checked_gradient(index, gradient)
                result[index] = tensor if record else tensor.detach()
        return result

    def _asked(self, targets: tuple[int, ...], outputs: tuple[Any, ...]) -> tuple[Any, ...]:
        with _device_of([g.array for g in outputs if g is not None]):
            if type(self).backward_accumulate is not FunctionNode.backward_accumulate:
                return self.backward_accumulate(targets, outputs, (None,) * len(targets))
            return self._for_targets(targets, self.backward(targets, outputs))

    def _checked_gradient(self, index: int, gradient: Any) -> torch.Tensor:
        node = (self.inputs or ())[index]
        where = f"backward of {self.label} returned for input {index}"
        if not isinstance(gradient, Variable):
            raise TypeError(f"{where} no Variable, but {type(gradient).__name__}")
        if gradient.shape != node.shape:
            raise ValueError(
                f"{where} a gradient of shape {gradient.shape}; the input's is {node.shape}"
            )
        if config.debug and _has_nan(gradient.array):
            raise RuntimeError(f"NaN was computed in the backward pass of {self.label}")
        return gradient.tensor

    # ---- what backward asks for
    def get_retained_inputs(self) -> tuple[Any, ...]:
        """Return the inputs named in `retain_inputs`, as Variables of the graph."""
        if self._input_indexes_to_retain is None or self.inputs is None:
            return ()
        return tuple([self.inputs[i].get_variable() for i in self._input_indexes_to_retain])

    def get_retained_outputs(self) -> tuple[Any, ...]:
        """Return the outputs named in `retain_outputs`, as Variables of the graph."""
        if self._output_indexes_to_retain is None or self.outputs is None:
            return ()
        kept = zip(self._output_indexes_to_retain, self._saved, strict=True)
        return tuple([self._output(index, tensor) for index, tensor in kept])

    def _output(self, index: int, tensor: torch.Tensor) -> Variable:
        node = self.outputs[index]()
        variable = None if node is None else node.get_variable_or_none()
        if variable is None:
            variable = Variable.from_tensor(tensor)
            connected = place(variable, tensor) if node is None else node
            connected.set_creator_node(self)
            variable._node = connected
        return variable  # type: ignore[no-any-return]

    @property
    def output_data(self) -> tuple[Any, ...]:
        """The retained output arrays; None for the others.

        Raises:
            RuntimeError: The function has not been applied, or nothing recorded it.
        """
        if self._retained_output_data is None:
            raise RuntimeError(f"{self.label} retained no outputs: no graph was recorded")
        data: list[Any] = [None] * self._output_count
        kept = self._output_indexes_to_retain or ()
        for index, array in zip(kept, self._retained_output_data, strict=True):
            data[index] = array
        return tuple(data)


_CPU = contextlib.nullcontext()


def _device_of(arrays: Sequence[Any]) -> contextlib.AbstractContextManager[Any]:
    """Return a context in which the arrays' device is the current one."""
    for array in arrays:
        if not isinstance(array, numpy.ndarray):
            return backend.get_device_from_array(*arrays).create_context()
    return _CPU


def _wants(node: VariableNode, needed: bool) -> bool:
    """Whether a gradient is asked for; ints are asked for too, though torch drops the answer."""
    return needed or not numpy.issubdtype(node.dtype, numpy.floating)


def _own(grad: torch.Tensor) -> torch.Tensor:
    """Return a gradient whose elements have memory of their own: expanded ones share it."""
    return grad.contiguous() if 0 in grad.stride() else grad


def _has_nan(array: Any) -> bool:
    tensor = array if isinstance(array, torch.Tensor) else torch.as_tensor(array)
    return tensor.is_floating_point() and bool(torch.isnan(tensor).any())
