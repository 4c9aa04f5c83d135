"""Parameter: a Variable that a link owns, an initializer fills and an update rule changes."""

from __future__ import annotations

import math
import weakref
from typing import Any

import numpy
import torch

from catenary import backend, changes, initializers
from catenary._variable_base import Variable
from catenary._variable_memory import is_array
from catenary.backends.memory import torch_dtype
from catenary.errors import UninitializedError

__all__ = ["Parameter"]


class Parameter(Variable):
    """A Variable to be trained.

    Args:
        initializer: What fills it: an initializer, an array, a number (float32), None for NaN.
        shape: Its shape; if None, an array becomes the data as it is, and everything else waits for
            :meth:`initialize`.
        name: Its name.

    The gradient of a parameter made from an initializer is NaN until `cleargrad` or `backward`,
    so that a step without backward is noticed.

    Differs: `grad` of a parameter without a shape is None, where Chainer raises RuntimeError.
    """

    initializer: Any = None
    _update_rule: Any = None
    _first_gradient: float | None = None
    _first_device: backend.Device = backend.CpuDevice()
    _copies: list[weakref.ref[Parameter]] | None = None

    def __init__(self, initializer: Any = None, shape: Any = None, name: str | None = None) -> None:
        if initializer is None:
            initializer = initializers.NaN()
        elif numpy.isscalar(initializer):
            initializer = initializers.Constant(initializer)
        given = is_array(initializer)
        super().__init__(initializer if given and shape is None else None, name=name)
        if given and shape is not None:
            initializer = initializers.Constant(_as_numpy(initializer))
        self.initializer = initializer
        if shape is not None or not given:
            self._first_gradient = math.nan
        if shape is not None:
            self.initialize(shape)
            self._first_gradient = None

    @classmethod
    def from_tensor(cls, tensor: torch.Tensor, name: str | None = None) -> Any:
        """Wrap a leaf tensor as it is, for example a `torch.nn.Parameter`: `grad` is the tensor's.

        Raises:
            ValueError: The tensor is no leaf of its graph.
        """
        if not tensor.is_leaf:
            raise ValueError(
                "a Parameter wraps a leaf tensor, and this one was computed; use tensor.detach()"
            )
        return super().from_tensor(tensor, name)

    @property
    def update_rule(self) -> Any:
        """The rule that changes this parameter, None without one."""
        return self._update_rule

    @update_rule.setter
    def update_rule(self, rule: Any) -> None:
        self._update_rule = rule
        changes.structure()

    def _announce(self) -> None:
        super()._announce()
        changes.structure()

    @property
    def dtype(self) -> Any:
        """Dtype of the values, or the initializer's where there are none yet.

        Raises:
            UninitializedError: There are no values and the initializer names no dtype.
        """
        if self._held() is not None:
            return super().dtype
        dtype = getattr(self.initializer, "dtype", None)
        if dtype is None:
            raise UninitializedError(
                "the dtype is not known before this parameter is initialized; "
                "give its initializer a dtype, or call initialize(shape)"
            )
        return numpy.dtype(dtype)

    @property
    def device(self) -> backend.Device:
        """Device that holds the values, or will."""
        return self._first_device if self._held() is None else super().device

    def initialize(self, shape: Any) -> None:
        """Make and fill values and gradient.

        Args:
            shape: Shape, an int or a tuple.
        """
        array = initializers.generate_array(self.initializer, shape, numpy)
        array = self._first_device.send(array)
        copies = self._copies or ()
        self._begin(array)
        for reference in copies:
            parameter = reference()
            if parameter is not None and not parameter.is_initialized:
                parameter._begin(array)
        fill = self._first_gradient
        if fill is not None:
            tensor = self.tensor.detach()
            self._put_gradient(torch.full_like(tensor, fill if tensor.is_floating_point() else 0))

    def _begin(self, array: Any) -> None:
        self._copies = None
        self.array = array
        self._drop_gradient()

    def cleargrad(self) -> None:
        """Forget the gradient; without values, the one that `initialize` would make."""
        self._grad_variable = self._grad_array = None
        self._scale_spent = False
        tensor = self._tensor  # a leaf
        if tensor is not None:
            tensor.grad = None
        elif self._held() is None:
            self._first_gradient = None

    def _zero_gradient(self) -> None:
        if self._held() is None:
            self._first_gradient = 0.0
        super()._zero_gradient()

    def to_device(self, device: Any) -> None:
        """Move values and gradient, or name the device where `initialize` makes them."""
        self._first_device = backend.get_device(device)
        super().to_device(device)

    def update(self) -> None:
        """Let the update rule change this parameter, if there is one."""
        if self._update_rule is not None:
            self._update_rule.update(self)

    def cast_copy(self, dtype: Any) -> Parameter:
        """Return a new parameter of this name with the values in `dtype`, in memory of its own."""
        values = self.tensor.detach().to(torch_dtype(dtype), copy=True)
        return Parameter(values, name=self.name)

    def _share_with(self, target: Variable) -> Variable:
        super()._share_with(target)
        if self._held() is None and isinstance(target, Parameter):
            # Copies of a parameter without a shape get their values together.
            if self._copies is None:
                self._copies = [weakref.ref(self)]
            alive = [reference for reference in self._copies if reference() is not None]
            self._copies[:] = [*alive, weakref.ref(target)]
            target._copies = self._copies
        return target

    def _restore(self) -> None:
        super()._restore()
        # As in Chainer: what a copy is filled with anew has no gradient yet, and says so.
        self._first_gradient = math.nan

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("_copies", None)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        changes.structure()


def _as_numpy(array: Any) -> Any:
    return backend.CpuDevice().send(array)
