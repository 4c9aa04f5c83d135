"""GPUs, in Chainer's words. Without one everything imports, and says what is missing when used."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Iterator
from typing import Any

import numpy
import torch

from catenary.backends._cuda_options import (
    clear_memo,
    cudnn_enabled,
    get_max_workspace_size,
    memoize,
    set_max_workspace_size,
    should_use_cudnn,
    should_use_cudnn_tensor_core,
)
from catenary.backends.device import CpuDevice, Device
from catenary.backends.memory import array_of, tensor_of

__all__ = [
    "DummyDevice",
    "DummyDeviceType",
    "Event",
    "GpuDevice",
    "Stream",
    "available",
    "check_cuda_available",
    "clear_memo",
    "copy",
    "cudnn_enabled",
    "cupy",
    "elementwise",
    "fuse",
    "get_array_module",
    "get_device",
    "get_device_from_array",
    "get_device_from_id",
    "get_max_workspace_size",
    "memoize",
    "ndarray",
    "raw",
    "reduce",
    "set_max_workspace_size",
    "should_use_cudnn",
    "should_use_cudnn_tensor_core",
    "to_cpu",
    "to_gpu",
]

try:
    import cupy
    from cupy import ndarray
    from cupy.cuda import Event, Stream

    _cupy_error: ImportError | None = None
except ImportError as error:
    cupy = None
    _cupy_error = error

    class ndarray:  # type: ignore[no-redef]
        """Stands in for `cupy.ndarray` where CuPy is missing; nothing is an instance of it."""

    class Event:  # type: ignore[no-redef]
        """Stands in for `cupy.cuda.Event` where CuPy is missing."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            _require_cupy("cuda.Event")

    class Stream:  # type: ignore[no-redef]
        """Stands in for `cupy.cuda.Stream` where CuPy is missing."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            _require_cupy("cuda.Stream")


available: bool = torch.cuda.is_available()


def check_cuda_available() -> None:
    """Do nothing where a GPU can be used.

    Raises:
        RuntimeError: There is no GPU that torch can use.
    """
    if not available:
        raise RuntimeError(
            "no GPU can be used here: torch.cuda.is_available() is False. "
            "Install a CUDA build of torch on a machine with a GPU, or stay on the CPU "
            "(device '@numpy')."
        )


def _require_cupy(what: str) -> None:
    check_cuda_available()
    if cupy is None:
        raise RuntimeError(
            f"{what} needs CuPy, which could not be imported ({_cupy_error}); "
            "install catenary[cuda]"
        )


class DummyDeviceType:
    """The device of arrays that are on no GPU: a context manager that does nothing, with id -1."""

    id = -1

    def __int__(self) -> int:
        return -1

    def __enter__(self) -> DummyDeviceType:
        return self

    def __exit__(self, *exc: object) -> None:
        return None

    def use(self) -> None:
        """Do nothing."""

    def synchronize(self) -> None:
        """Do nothing."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DummyDeviceType)

    def __hash__(self) -> int:
        return hash(DummyDeviceType)


DummyDevice = DummyDeviceType()


class GpuDevice(Device):
    """One GPU.

    Args:
        device: Its number, from 0; the current GPU if omitted.

    Raises:
        RuntimeError: There is no GPU that torch can use.
    """

    def __init__(self, device: int | None = None) -> None:
        check_cuda_available()
        self.id: int = torch.cuda.current_device() if device is None else int(device)

    @staticmethod
    def from_device_id(device_id: int) -> GpuDevice:
        """Return the GPU with this number."""
        if device_id < 0:
            raise ValueError(f"GPUs are numbered from 0, got {device_id}; '@numpy' is the CPU")
        return GpuDevice(device_id)

    @staticmethod
    def from_array(array: Any) -> GpuDevice | None:
        """Return the GPU that an array or tensor lives on, None if it lives on none."""
        if isinstance(array, torch.Tensor):
            return GpuDevice(array.device.index) if array.is_cuda else None
        if isinstance(array, ndarray):
            return GpuDevice(int(array.device.id))
        return None

    @property
    def device(self) -> Any:
        """CuPy's object for this GPU."""
        _require_cupy("GpuDevice.device")
        return cupy.cuda.Device(self.id)

    @property
    def xp(self) -> Any:
        """CuPy."""
        _require_cupy("GpuDevice.xp")
        return cupy

    @property
    def name(self) -> str:
        """``@cupy:N``."""
        return f"@cupy:{self.id}"

    @property
    def torch_device(self) -> torch.device:
        """``cuda:N``."""
        return torch.device("cuda", self.id)

    @property
    def supported_array_types(self) -> tuple[type, ...]:
        """CuPy's arrays, and tensors where CuPy is missing."""
        return (ndarray, torch.Tensor)

    def is_array_supported(self, array: Any) -> bool:
        """Whether `array` lives on this GPU."""
        return self == GpuDevice.from_array(array)

    def __repr__(self) -> str:
        return f"<GpuDevice (cupy):{self.id}>"

    @contextlib.contextmanager
    def _context(self) -> Iterator[Device]:
        with torch.cuda.device(self.id):
            yield self

    def use(self) -> None:
        """Make this the current GPU of the thread."""
        torch.cuda.set_device(self.id)

    def _send(self, array: Any) -> Any:
        if self.is_array_supported(array):
            return array
        if numpy.isscalar(array):
            array = numpy.asarray(array)
        return array_of(tensor_of(array).to(self.torch_device))


def get_device_from_id(device_id: int | None) -> Any:
    """Return the GPU with this number; :data:`DummyDevice` for None or a negative number."""
    if device_id is None or device_id < 0:
        return DummyDevice
    return GpuDevice.from_device_id(device_id).device


def get_device(*args: Any) -> Any:
    """Return the GPU of the first argument that names one or lives on one; the dummy if none does.

    Deprecated, as in Chainer: use :func:`get_device_from_id` or :func:`get_device_from_array`.

    Args:
        args: Numbers of GPUs, devices, arrays, or None.
    """
    for arg in args:
        if isinstance(arg, (int, numpy.integer)) and not isinstance(arg, bool):
            check_cuda_available()
            return get_device_from_id(int(arg))
        found = arg if isinstance(arg, DummyDeviceType) else get_device_from_array(arg)
        if not isinstance(found, DummyDeviceType):
            return found
    return DummyDevice


def get_device_from_array(*arrays: Any) -> Any:
    """Return the GPU of the first array that lives on one, :data:`DummyDevice` if none does."""
    for array in arrays:
        found = GpuDevice.from_array(array)
        if found is not None:
            return found.device
    return DummyDevice


def get_array_module(*args: Any) -> Any:
    """Return `cupy` if an argument is (or holds) a CuPy array, `numpy` otherwise."""
    for arg in args:
        if isinstance(getattr(arg, "array", arg), ndarray):
            return cupy
    return numpy


def to_cpu(array: Any, stream: Any = None) -> Any:
    """Return the array on the CPU; a NumPy array, a scalar or None is returned as it is.

    Args:
        array: Array, tensor, None, or a list, tuple or dict of them.
        stream: Ignored; copies are complete when the call returns.
    """
    return CpuDevice().send(array)


def to_gpu(array: Any, device: Any = None, stream: Any = None) -> Any:
    """Return the array on a GPU.

    Args:
        array: Array, tensor, None, or a list, tuple or dict of them.
        device: Number of the GPU; the current one if omitted.
        stream: Ignored; torch orders the copy on its current stream.

    Raises:
        RuntimeError: There is no GPU that torch can use.
    """
    return GpuDevice(device).send(array)


def copy(array: Any, out: Any = None, out_device: Any = None, stream: Any = None) -> Any:
    """Return a copy of a GPU array, in `out` or on `out_device` if given."""
    _require_cupy("cuda.copy")
    with cupy.cuda.Device(out_device):
        if out is None:
            return cupy.array(array)
        cupy.copyto(out, array)
        return out


def elementwise(in_params: str, out_params: str, operation: str, name: str, **kwargs: Any) -> Any:
    """Return CuPy's elementwise kernel for CUDA code.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.
    """
    _require_cupy("cuda.elementwise")
    return cupy.ElementwiseKernel(in_params, out_params, operation, name, **kwargs)


def reduce(*args: Any, **kwargs: Any) -> Any:
    """Return CuPy's reduction kernel for CUDA code.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.
    """
    _require_cupy("cuda.reduce")
    return cupy.ReductionKernel(*args, **kwargs)


def raw(code: str, name: str, *args: Any, **kwargs: Any) -> Any:
    """Return CuPy's raw kernel for CUDA code.

    Raises:
        RuntimeError: There is no GPU, or no CuPy.
    """
    _require_cupy("cuda.raw")
    return cupy.RawKernel(code, name, *args, **kwargs)


def fuse(*args: Any, **kwargs: Any) -> Any:
    """Return CuPy's decorator that fuses elementwise operations; one that does nothing without it.

    Used bare (``@fuse``) or with arguments (``@fuse()``).
    """
    if cupy is not None:
        return cupy.fuse(*args, **kwargs)
    if len(args) == 1 and callable(args[0]) and not kwargs:
        return args[0]
    return lambda function: function


def __getattr__(name: str) -> Any:
    """Import CuPy's `cudnn` and `cupyx` when first asked for; without CuPy there are none."""
    module = {"cudnn": "cupy.cudnn", "cupyx": "cupyx"}.get(name)
    if module is None:
        raise AttributeError(f"catenary.backends.cuda has no attribute {name!r}")
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise AttributeError(
            f"cuda.{name} is CuPy's, which could not be imported ({error}); on the CPU there is "
            "none, as in Chainer: ask cuda.available (and cuda.cudnn_enabled) first"
        ) from None
