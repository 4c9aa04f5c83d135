"""Chainer's function classes: our functions in the shape of a FunctionNode that one can `apply`.

Programs import classes such as `Convolution2DFunction` to apply them to arrays, to subclass them,
or to ask what made a Variable. One adapter around our functions answers all three.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import weakref
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from catenary._variable_graph import VariableNode, nodes_of
from catenary.config import config, using_config
from catenary.function_node import FunctionNode, grad
from catenary.functions._apply import apply_many
from catenary.functions._node_attributes import as_label, attributes, options_of
from catenary.variable import Variable, as_variable

__all__ = ["Wrapped", "creator", "make_class"]

_Operation = Callable[..., Any]


class Wrapped(FunctionNode):
    """Base of the classes: applies a function of ours, with the arguments of the constructor.

    A subclass may override `forward`, `forward_cpu` or `backward`; what it leaves alone is the
    function and its gradient. Called with wrong arguments, it raises the TypeError that any
    function raises.

    What our functions leave in the graph are objects of these classes too. They know the operation
    that computed them, and read their attributes off it when someone asks. It draws its noise and
    moves its statistics once, so that `backward` can compute anew with it.
    """

    _function: ClassVar[Callable[..., Any]]
    _signature: ClassVar[inspect.Signature | None] = None
    _takes_list: ClassVar[bool] = False
    # The input arrays, as long as function hooks look at them.
    _read: tuple[Any, ...] = ()
    # What computed, where one operation did.
    _operation: _Operation | None = None
    # The label where it is not the class's name; "{}" in it stands for the number `value`.
    _label: str | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        signature = self._signature or inspect.Signature()
        try:
            given = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}{signature}: {error}") from None
        given.apply_defaults()
        self._take(dict(given.arguments))
        if "value" in given.arguments and self._label is not None:
            self._label = self._label.format(as_label(given.arguments["value"]))

    def _take(self, options: dict[str, Any]) -> None:
        words = self._signature.parameters if self._signature else ()
        self._options = {word: options[word] for word in words if word in options}
        shapes = [each.shape for each in self.inputs or self._read]
        for name, value in attributes(_chainers(type(self)).__name__, options, shapes).items():
            if not hasattr(type(self), name):
                setattr(self, name, value)

    def __getattr__(self, name: str) -> Any:
        hidden = name[0] == "_" and name != "_options"
        operation = self._operation
        if hidden or operation is None or "_options" in vars(self):
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        signature, label = self._signature, _chainers(type(self))._label
        options = options_of(operation, signature.parameters if signature else ())
        if label is not None and "{}" in label:
            options["value"] = _number_in(self.label, label)
        self._take(options)
        return getattr(self, name)

    @property
    def label(self) -> str:
        """Name in graphs and errors."""
        return self._label or type(self).__name__

    @classmethod
    def _is_changed(cls) -> bool:
        """Whether a subclass computes something else."""
        ways = ("forward", "forward_cpu", "forward_gpu", "backward", "backward_accumulate")
        own = [getattr(cls, way) for way in ways]
        return own != [FunctionNode.forward, *(getattr(Wrapped, way) for way in ways[1:])]

    def _computed(self, inputs: Sequence[Variable]) -> tuple[Any, ...]:
        given = (inputs,) if self._takes_list else inputs
        made = _tuple(type(self)._function(*given, **self._options))
        left = getattr(made[0], "creator_node", None) if made else None
        if isinstance(left, _chainers(type(self))) and left.inputs == nodes_of(list(inputs)):
            self._operation = left._operation
        return made

    def _computed_again(self, inputs: Sequence[Variable]) -> tuple[Any, ...]:
        """Return what was computed once already, in a new graph."""
        operation = self._operation
        if operation is None:
            return self._computed(inputs)
        return apply_many(self.label, lambda *tensors: _tuple(operation(*tensors)), *inputs)

    def apply(self, inputs: Sequence[Any]) -> tuple[Variable, ...]:
        """Compute the outputs and take a place in the graph.

        Args:
            inputs: Variables or arrays.

        Returns:
            Variables; one in a tuple where the function returns one.
        """
        if self._is_changed():
            return super().apply(inputs)
        variables = [as_variable(x) for x in inputs]
        outputs = self._computed(variables)
        if config.enable_backprop and not any(y is x for y in outputs for x in variables):
            self.inputs, self._rank = nodes_of(variables), None
            self.outputs = tuple([weakref.ref(y.node) for y in outputs])
            for y in outputs:
                y.node.set_creator_node(self)
        return outputs

    def forward_cpu(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Compute output arrays from input arrays with the function."""
        self.retain_inputs(range(len(inputs)))
        # Recorded, so that the operation is known.
        with using_config("enable_backprop", True):
            return tuple([y.array for y in self._computed([as_variable(x) for x in inputs])])

    def forward_gpu(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Do the same on a GPU."""
        return Wrapped.forward_cpu(self, inputs)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Compute the function's gradients at the retained inputs, or at all of them."""
        record = bool(config.enable_backprop)
        xs = self.get_retained_inputs() or [node.get_variable() for node in self.inputs or ()]
        with using_config("enable_backprop", True):
            ys = self._computed_again(xs)
            wanted = [xs[i] for i in target_input_indexes]
            pairs = [(y, gy) for y, gy in zip(ys, grad_outputs, strict=True) if gy is not None]
            roots, sent = [y for y, _ in pairs], [gy for _, gy in pairs]
            return tuple(grad(roots, wanted, sent, enable_double_backprop=record))


def _tuple(made: Any) -> tuple[Any, ...]:
    return tuple(made) if isinstance(made, (tuple, list)) else (made,)


def _number_in(label: str, template: str) -> Any:
    before, after = template.split("{}")
    text = label[len(before) : len(label) - len(after)].strip("()")
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return float(text)  # not finite


def _chainers(cls: type[Wrapped]) -> type[Wrapped]:
    """Return the class that Chainer has, of which a program's own is a kind."""
    return next(c for c in cls.__mro__ if Wrapped in c.__bases__)


# The classes of what our functions leave in the graph, by label.
_KNOWN: dict[str, type[Wrapped]] = {}
# The same where a number is part of the label.
_NUMBERED: list[tuple[str, str, type[Wrapped]]] = []


def creator(
    label: str, operation: _Operation, inputs: tuple[VariableNode, ...] | None = None
) -> Wrapped:
    """Return what stands in the graph for a call of one of our functions.

    Args:
        label: The function's name in graphs.
        operation: What computes on tensors; a function that closes over the options, under the
            words of the class's constructor.
        inputs: The nodes it read; None if they come later.
    """
    node: Wrapped = object.__new__(_KNOWN.get(label) or _class_of(label))
    node._label = label
    node._operation = operation
    node.inputs = inputs
    node.outputs = ()
    return node


def _class_of(label: str) -> type[Wrapped]:
    for before, after, cls in _NUMBERED:
        if label.startswith(before) and label.endswith(after):
            return cls
    made = _KNOWN[label] = type(label, (Wrapped,), {"__module__": "catenary.functions"})
    return made


VariableNode._creator = staticmethod(creator)


def make_class(
    place: str,
    name: str,
    function: Callable[..., Any],
    *,
    arrays: int = 1,
    takes_list: bool = False,
    label: str | None = None,
) -> None:
    """Make a function class and put it where Chainer has it.

    Args:
        place: Module under `catenary.functions`.
        name: Name of the class.
        function: The function that it applies: arrays first, then the constructor's arguments.
        arrays: How many of the function's arguments are arrays.
        takes_list: Whether the arrays are one list.
        label: Label of the calls, with "{}" for a number; the class's name by default.
    """
    module = importlib.import_module(f"catenary.functions.{place}")
    signature = inspect.Signature(list(inspect.signature(function).parameters.values())[arrays:])
    members = {
        "__doc__": f"A call of a function of :mod:`{module.__name__}`, as a class.",
        "__module__": module.__name__,
        "__signature__": signature,
        "_signature": signature,
        "_function": staticmethod(function),
        "_takes_list": takes_list,
        "_label": label,
    }
    cls = type(name, (Wrapped,), members)
    setattr(module, name, cls)
    if label is not None and "{}" in label:
        before, after = label.split("{}")
        _NUMBERED.append((before, after, cls))
    else:
        _KNOWN[label or name] = cls
