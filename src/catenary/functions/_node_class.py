"""Chainer's function classes: our functions in the shape of a FunctionNode that one can `apply`.

Programs import classes such as `Convolution2DFunction` to apply them to arrays, to subclass them,
or to ask what made a Variable. One adapter around our functions answers all three.
"""

from __future__ import annotations

import importlib
import inspect
import re
import weakref
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from catenary._variable_graph import Call, nodes_of
from catenary.config import config, using_config
from catenary.function_node import FunctionNode, grad
from catenary.variable import Variable, as_variable

__all__ = ["Wrapped", "make_class"]

# What classes with two-dimensional windows also call their sizes.
_PAIRS = {
    "ksize": ("kh", "kw"),
    "stride": ("sy", "sx"),
    "pad": ("ph", "pw"),
    "dilate": ("dy", "dx"),
}


class _KnownByLabel(type):
    """Classes that count every call of their function as an instance, however it was made."""

    label_pattern: re.Pattern[str] | None = None

    def __instancecheck__(cls, instance: object) -> bool:
        if isinstance(instance, Call) and cls.label_pattern is not None:
            return cls.label_pattern.fullmatch(instance.label) is not None
        return super().__instancecheck__(instance)


class Wrapped(FunctionNode, metaclass=_KnownByLabel):
    """Base of the classes: applies a function of ours, with the arguments of the constructor.

    A subclass may override `forward`, `forward_cpu` or `backward`; what it leaves alone is the
    function and its gradient. Called with wrong arguments, it raises the TypeError that any
    function raises.
    """

    _function: ClassVar[Callable[..., Any]]
    _signature: ClassVar[inspect.Signature]
    _takes_list: ClassVar[bool] = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        try:
            given = self._signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{type(self).__name__}{self._signature}: {error}") from None
        given.apply_defaults()
        self._options = dict(given.arguments)
        for word, value in self._options.items():
            setattr(self, word, value)
            if word in _PAIRS and "2D" in type(self).__name__:
                pair = value if isinstance(value, (tuple, list)) else (value, value)
                for name, each in zip(_PAIRS[word], pair, strict=True):
                    setattr(self, name, each)

    @classmethod
    def _is_changed(cls) -> bool:
        """Whether a subclass computes something else."""
        ways = ("forward", "forward_cpu", "forward_gpu", "backward", "backward_accumulate")
        own = [getattr(cls, way) for way in ways]
        return own != [FunctionNode.forward, *(getattr(Wrapped, way) for way in ways[1:])]

    def _computed(self, inputs: Sequence[Any]) -> tuple[Any, ...]:
        given = (inputs,) if self._takes_list else inputs
        made = type(self)._function(*given, **self._options)
        return tuple(made) if isinstance(made, (tuple, list)) else (made,)

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
        with using_config("enable_backprop", False):
            return tuple([y.array for y in self._computed([as_variable(x) for x in inputs])])

    def forward_gpu(self, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        """Do the same on a GPU."""
        return Wrapped.forward_cpu(self, inputs)

    def backward(
        self, target_input_indexes: tuple[int, ...], grad_outputs: tuple[Any, ...]
    ) -> tuple[Any, ...]:
        """Compute the function's gradients at the retained inputs, or at all of them."""
        record = bool(config.enable_backprop)
        xs = self.get_retained_inputs()
        with using_config("enable_backprop", True):
            ys = self._computed(xs)
            wanted = [xs[i] for i in target_input_indexes]
            pairs = [(y, gy) for y, gy in zip(ys, grad_outputs, strict=True) if gy is not None]
            roots, sent = [y for y, _ in pairs], [gy for _, gy in pairs]
            return tuple(grad(roots, wanted, sent, enable_double_backprop=record))


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
        label: Pattern of the calls' labels; the class's name by default.
    """
    module = importlib.import_module(f"catenary.functions.{place}")
    signature = inspect.Signature(list(inspect.signature(function).parameters.values())[arrays:])
    attributes = {
        "__doc__": f"A call of a function of :mod:`{module.__name__}`, as a class.",
        "__module__": module.__name__,
        "__signature__": signature,
        "_signature": signature,
        "_function": staticmethod(function),
        "_takes_list": takes_list,
        "label_pattern": re.compile(label or re.escape(name)),
    }
    setattr(module, name, _KnownByLabel(name, (Wrapped,), attributes))
