"""One tensor of a torch optimizer, as the machinery sees it."""

from __future__ import annotations

from typing import Any

import torch

from catenary import changes
from catenary.backends.memory import array_of, tensor_of

__all__ = ["TensorParam"]


class TensorParam:
    """One tensor of an optimizer, as rules and hooks meet it.

    Attributes:
        tensor: What is updated: the tensor, or the part of it that this process holds.
        leaf: The tensor that groups and the module hold.
        name: Its name in the model, or its place among the optimizer's parameters.
        sharding: How it is spread over processes; None where it is not.
        beside: What the program added to its state under names that no rule knows.
    """

    sharding: Any = None

    def __init__(self, tensor: torch.Tensor, name: str) -> None:
        self.tensor = self.leaf = tensor
        self.name = name
        self.beside: dict[str, Any] = {}
        self._update_rule: Any = None
        self._loss_scale: float | None = None
        self._scale_spent = False

    @property
    def update_rule(self) -> Any:
        """What updates it."""
        return self._update_rule

    @update_rule.setter
    def update_rule(self, rule: Any) -> None:
        self._update_rule = rule
        changes.structure()

    @property
    def is_initialized(self) -> bool:
        """Whether it has a shape yet."""
        return not isinstance(self.tensor, torch.nn.parameter.UninitializedParameter)

    @property
    def array(self) -> Any:
        """The values as a writable NumPy array on the same memory; the tensor where none can be."""
        return array_of(self.tensor.data)

    @array.setter
    def array(self, value: Any) -> None:
        given = tensor_of(value)
        if given.data_ptr() != self.tensor.data_ptr():
            self.tensor.data.copy_(given)

    data = array

    @property
    def grad(self) -> Any:
        """The gradient, in the same form; None where there is none."""
        held = self.tensor.grad
        if held is not None and self._scale_spent:
            self.unscale_grad()
        return None if held is None else array_of(held.data)

    @grad.setter
    def grad(self, value: Any) -> None:
        given = None if value is None else tensor_of(value)
        held = self.tensor.grad
        # `param.grad *= 0.5` has written already, and assigns a view of what is there.
        if given is None or held is None or given.data_ptr() != held.data_ptr():
            self.tensor.grad = given

    @property
    def xp(self) -> Any:
        """The module that computes with :attr:`array`."""
        import numpy as np

        return np if isinstance(self.array, np.ndarray) else torch

    @property
    def dtype(self) -> Any:
        """The dtype of :attr:`array`."""
        return self.array.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """The tensor's shape."""
        return tuple(self.tensor.shape)

    @property
    def ndim(self) -> int:
        """The number of its dimensions."""
        return self.tensor.ndim

    @property
    def size(self) -> int:
        """The number of its elements."""
        return self.tensor.numel()

    def shown(self, held: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
        """Return a state array, whole of shape `shape`, as programs see it."""
        return held

    def own_part(self, value: torch.Tensor) -> torch.Tensor:
        """Return what the rule holds of a state array that a program gives."""
        whole: Any = getattr(value, "full_tensor", None)
        return value if whole is None else whole()

    def note_scale(self, scale: float | None) -> None:
        """Hear by which loss scale the gradient is multiplied."""
        self._loss_scale = scale
        if scale is not None:
            changes.scales.in_use = True

    def unscale_grad(self) -> None:
        """Divide the gradient in place by the loss scale recorded for it; forget that."""
        if self.tensor.grad is not None and self._loss_scale is not None:
            self.tensor.grad.data.div_(self._loss_scale)
        self._loss_scale, self._scale_spent = None, False

    def cleargrad(self) -> None:
        """Forget the gradient."""
        self.tensor.grad = None

    def update(self) -> None:
        """Let the rule update the tensor."""
        if self._update_rule is not None:
            self._update_rule.update(self)

    def cast_copy(self, dtype: Any) -> TensorParam:
        """Return a copy of the values in another dtype, in memory of its own."""
        kind = dtype if isinstance(dtype, torch.dtype) else _TORCH_DTYPES[str(dtype.__name__)]
        return TensorParam(self.tensor.detach().to(kind, copy=True), self.name)


_TORCH_DTYPES = {"float32": torch.float32, "float64": torch.float64}
