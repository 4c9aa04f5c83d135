"""What pickles of the original name beside its public classes, to be made anew here."""

from __future__ import annotations

import pickle
from typing import Any

from catenary.variable import Parameter, Variable

__all__ = ["Hookable", "OptimizerHookable", "create_variable", "recover_parameter"]


def create_variable(
    data: Any, name: str | None, grad: Any, requires_grad: bool, device: Any = None
) -> Variable:
    """Return a Variable as it was pickled; arrays of the GPU were pickled from the CPU."""
    return Variable(data, name=name, grad=grad, requires_grad=requires_grad)


def recover_parameter(data: Any, name: str | None, grad: Any, *rest: Any) -> Parameter:
    """Return a Parameter as it was pickled, without its update rule: `setup` gives it one.

    Args:
        data: Array, or None where it had none yet.
        name: Name.
        grad: Gradient or None.
        rest: In later versions whether the gradient counts; then initializer, rule and device.
    """
    initializer, _rule, _device = rest[-3:]
    grad_counts = rest[0] if len(rest) == 4 else True
    parameter = Parameter(initializer=initializer, name=name)
    if data is not None:
        parameter.array = data
        if grad_counts:
            parameter.grad = grad
    return parameter


class Hookable:
    """The hooks of an update rule, which is not taken over."""


class OptimizerHookable:
    """Part of a pickled optimizer, which cannot be taken over.

    Raises:
        UnpicklingError: Always.
    """

    def __new__(cls) -> OptimizerHookable:
        """Raise."""
        raise pickle.UnpicklingError(
            "this pickle holds an optimizer of the original, whose inner parts have no equal here. "
            "Save it with chainer.serializers, or pickle the model alone."
        )
