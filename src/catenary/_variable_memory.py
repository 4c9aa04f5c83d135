"""A tensor seen as an array: the values and the gradient of one Variable, each with two faces.

The values live in one memory. `_array` is its NumPy face, `_tensor` its torch face; either may come
first. `_pending` says that the array is ahead and the tensor must be made (or moved) before use.
"""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary import backend, changes
from catenary.backends.memory import array_of, numpy_dtype, share, tensor_of
from catenary.errors import UninitializedError

__all__ = ["Memory"]

_Key = tuple[int, Any, Any]


def _key(tensor: torch.Tensor) -> _Key:
    """Return what must hold for a cached view to be still the tensor's memory."""
    return tensor.data_ptr(), tensor.dtype, tensor.shape


def is_array(value: object) -> bool:
    """Whether a Variable can hold `value`: an array of NumPy or CuPy, or a tensor."""
    return isinstance(value, (*backend.get_array_types(), torch.Tensor))


def _shared(array: Any) -> torch.Tensor | None:
    """Return a tensor over the array's own memory, None where torch cannot hold it."""
    return share(array) if isinstance(array, numpy.ndarray) else tensor_of(array)


def _is_differentiable(tensor: torch.Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def _alike(a: torch.Tensor, b: torch.Tensor) -> bool:
    return a.shape == b.shape and a.dtype == b.dtype and a.device == b.device


def _form(values: Any) -> tuple[tuple[int, ...], Any]:
    """Return shape and dtype in NumPy's words; byte order does not count."""
    if isinstance(values, torch.Tensor):
        return tuple(values.shape), numpy_dtype(values.dtype)
    return tuple(values.shape), values.dtype.newbyteorder("=")


class Memory:
    """Values and gradient of a Variable. The graph is no business of this class."""

    _array: Any = None
    _tensor: torch.Tensor | None = None
    _pending: bool = False
    _array_key: _Key | None = None
    _grad: torch.Tensor | None = None
    _grad_array: Any = None
    _grad_key: _Key | None = None
    _requires_grad: bool = True
    _loss_scale: float | None = None
    _scale_spent: bool = False

    # ---- values
    @property
    def tensor(self) -> torch.Tensor:
        """The torch tensor that computes and differentiates.

        Raises:
            UninitializedError: The parameter has no shape yet.
        """
        if self._pending:
            self._settle_memory()
        if self._tensor is None:
            raise UninitializedError(
                "this parameter has no values yet: its shape becomes known at the first forward "
                "pass, or by calling initialize(shape)"
            )
        return self._tensor

    @property
    def array(self) -> Any:
        """The values as a writable array over the tensor's memory; the same object every time.

        None for a parameter without a shape. Assigning an array adopts its memory: no copy is made,
        the tensor stays the same object, and the gradient is dropped if dtype or shape differ.

        Raises:
            TypeError: The value assigned is no array.
        """
        tensor = self._tensor
        if self._pending or tensor is None:
            return self._array
        if self._array is None or self._array_key != _key(tensor):
            self._array, self._array_key = array_of(tensor), _key(tensor)
        return self._array

    @array.setter
    def array(self, array: Any) -> None:
        self._adopt(array)

    @property
    def data(self) -> Any:
        """The same as :attr:`array`."""
        return self.array

    @data.setter
    def data(self, array: Any) -> None:
        self._adopt(array)

    def _adopt(self, array: Any) -> None:
        if isinstance(array, numpy.generic):  # what NumPy makes of arithmetic without dimensions
            array = numpy.asarray(array)
        if not is_array(array):
            raise TypeError(
                f"array must be a numpy.ndarray or a torch.Tensor, got {type(array).__name__}; "
                "wrap the values with numpy.asarray"
            )
        held = self._held()
        if held is not None and _form(held) != _form(array):
            self._drop_gradient()
        if isinstance(array, torch.Tensor):
            self._point_at(array.detach())
        else:
            self._array, self._pending = array, True
            shared = None if self._tensor is None else _shared(array)
            if shared is not None:
                self._join(array, shared)
        self._announce()

    def _show(self, array: Any) -> None:
        """Let `.array` be this very array, which lies over the tensor's memory."""
        self._array, self._array_key = array, _key(self.tensor)

    def _announce(self) -> None:
        """Say that the memory was replaced; only parameters have anybody who listens."""

    @property
    def is_initialized(self) -> bool:
        """Whether there are values; a :class:`Parameter` may still wait for its shape."""
        return (self._array if self._pending else self._tensor) is not None

    def _held(self) -> Any:
        """Return whichever face exists and is current; None if there are no values."""
        return self._array if self._pending else self._tensor

    def _settle_memory(self) -> None:
        """Bring the tensor to the array's memory, or to a copy where torch cannot hold it."""
        array = self._array
        shared = _shared(array)
        if shared is None:
            self._point_at(tensor_of(array))
        else:
            self._join(array, shared)

    def _join(self, array: Any, shared: torch.Tensor) -> None:
        """Let `array` be the memory; `shared` is a tensor over it."""
        self._point_at(shared)
        self._array, self._array_key = array, _key(shared)

    def _point_at(self, fresh: torch.Tensor) -> None:
        """Let the tensor be `fresh`'s memory, and the same object unless torch forbids that."""
        tensor = self._tensor
        wanted = self._requires_grad and _is_differentiable(fresh)
        if tensor is None or (tensor.requires_grad and not _is_differentiable(fresh)):
            self._tensor = fresh.requires_grad_() if wanted else fresh
        else:
            before = _is_differentiable(tensor)
            tensor.data = fresh
            if wanted and not before:
                tensor.requires_grad_()
        self._array, self._array_key, self._pending = None, None, False

    # ---- form
    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the values."""
        return tuple(self._current().shape)

    @property
    def ndim(self) -> int:
        """Number of axes."""
        held = self._array if self._pending else self._tensor
        return (self._current() if held is None else held).ndim

    @property
    def size(self) -> int:
        """Number of values."""
        held = self._current()
        return held.numel() if isinstance(held, torch.Tensor) else int(held.size)

    @property
    def dtype(self) -> Any:
        """NumPy dtype of the values; torch's where NumPy has none (bfloat16)."""
        held = self._current()
        return numpy_dtype(held.dtype) if isinstance(held, torch.Tensor) else held.dtype

    def _current(self) -> Any:
        held = self._held()
        return self.tensor if held is None else held

    @property
    def xp(self) -> Any:
        """Array module of the device."""
        return self.device.xp

    @property
    def device(self) -> backend.Device:
        """Device that holds the values."""
        held = self._held()
        return backend.CpuDevice() if held is None else backend.get_device_from_array(held)

    # ---- gradient
    @property
    def grad(self) -> Any:
        """The gradient as a writable array over its memory, None if there is none.

        Reading it after a step that consumed a loss-scaled gradient divides the scale out first.
        Assigning an array adopts its memory.

        Raises:
            TypeError: The value assigned is no array, or of another dtype or device.
            ValueError: The value assigned has another shape.
        """
        if self._scale_spent:
            self.unscale_grad()
        grad = self._gradient()
        if grad is None:
            return None
        if self._grad_array is None or self._grad_key != _key(grad):
            if grad._is_zerotensor():
                grad = grad.detach().clone()
                self._put_gradient(grad)
            self._grad_array, self._grad_key = array_of(grad), _key(grad)
        return self._grad_array

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._scale_spent = False
        if grad is None:
            self._drop_gradient()
            return
        shared = None if isinstance(grad, torch.Tensor) or not is_array(grad) else _shared(grad)
        if shared is None or not _alike(shared, self.tensor):
            self._check_gradient(grad)
        if shared is None:
            self._put_gradient(tensor_of(grad))
        else:
            self._put_gradient(shared, grad)

    def _check_gradient(self, grad: Any) -> None:
        if not is_array(grad):
            raise TypeError(
                f"a gradient must be a numpy.ndarray or a torch.Tensor, got {type(grad).__name__}; "
                "of a Variable, assign `.array`, or use `grad_var`"
            )
        tensor = self.tensor
        (shape, dtype), (own_shape, own_dtype) = _form(grad), _form(tensor)
        if dtype != own_dtype:
            raise TypeError(
                f"the gradient's dtype {dtype} differs from the data's {own_dtype}; "
                "cast it with astype"
            )
        if shape != own_shape:
            raise ValueError(f"the gradient's shape {shape} differs from the data's {own_shape}")
        if isinstance(grad, torch.Tensor):
            on_cpu = grad.device.type == "cpu"
        else:
            on_cpu = isinstance(grad, numpy.ndarray)
        if on_cpu != (tensor.device.type == "cpu"):
            raise TypeError(
                f"the gradient lives on another device than the data ({tensor.device}); "
                "send it there with backend.get_device(...).send"
            )

    def _gradient(self) -> torch.Tensor | None:
        """Return the gradient's tensor as it is stored, a spent loss scale included."""
        tensor = self._tensor
        if tensor is None or not tensor.is_leaf:
            return self._grad
        return tensor.grad

    def _put_gradient(self, grad: torch.Tensor, shown: Any = None) -> None:
        """Store the gradient; `shown` is an array over its memory for `.grad` to return."""
        tensor = self.tensor
        if tensor.is_leaf:
            tensor.grad = grad
        else:
            self._grad = grad
        self._grad_array, self._grad_key = shown, None if shown is None else _key(grad)

    def _drop_gradient(self) -> None:
        self._scale_spent = False
        self._grad_array = None
        tensor = self._tensor
        if tensor is not None and tensor.is_leaf:
            tensor.grad = None
        else:
            self._grad = None

    def _accumulate(self, grad: torch.Tensor) -> None:
        before = self._gradient()
        self._put_gradient(grad.detach().clone() if before is None else before + grad)

    def note_scale(self, scale: float | None) -> None:
        """Hear by which loss scale the gradient is multiplied."""
        self._loss_scale = scale
        if scale is not None:
            changes.scales.in_use = True

    def unscale_grad(self) -> None:
        """Divide the gradient in place by the loss scale that `backward` recorded; forget it."""
        grad, scale = self._gradient(), self._loss_scale
        if grad is not None and scale is not None:
            grad.detach().div_(scale)
        self._loss_scale, self._scale_spent = None, False

    def _settle_scale(self) -> None:
        if self._scale_spent:
            self.unscale_grad()

    # ---- devices
    def to_device(self, device: Any) -> None:
        """Move values and gradient; the Variable stays the same object.

        Args:
            device: Whatever :func:`catenary.backend.get_device` understands.
        """
        target = backend.get_device(device)
        if self._held() is None or target == self.device:
            return
        tensor, grad = self.tensor, self._gradient()
        moved = None if grad is None else grad.detach().to(target.torch_device)
        self._drop_gradient()
        self._point_at(tensor.detach().to(target.torch_device))
        if moved is not None:
            self._put_gradient(moved)
        self._announce()

    def to_cpu(self) -> None:
        """Move to the CPU."""
        self.to_device(backend.CpuDevice())

    def to_gpu(self, device: int | None = None) -> None:
        """Move to a GPU, the current one if no number is given."""
        self.to_device(backend.GpuDevice(device))
