"""Devices and array modules: the names that Chainer programs ask of `chainer.backend`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any

import numpy
import torch

from catenary.backends import cuda
from catenary.backends.cuda import GpuDevice
from catenary.backends.device import CpuDevice, Device

__all__ = [
    "CpuDevice",
    "Device",
    "GpuDevice",
    "copyto",
    "get_array_module",
    "get_array_types",
    "get_cpu_array_types",
    "get_device",
    "get_device_from_array",
    "is_arrays_compatible",
    "using_device",
]


def get_array_types() -> tuple[type, ...]:
    """Return the types that count as arrays: NumPy's, and CuPy's where it is installed."""
    return (numpy.ndarray,) if cuda.cupy is None else (numpy.ndarray, cuda.ndarray)


def get_cpu_array_types() -> tuple[type, ...]:
    """Return the types that count as arrays on the CPU: NumPy's."""
    return (numpy.ndarray,)


def is_arrays_compatible(arrays: Iterable[Any]) -> bool:
    """Return whether arrays can be computed with together: all CuPy's, or all on the CPU.

    Args:
        arrays: Arrays; None counts as no array.
    """
    given = [array for array in arrays if array is not None]
    gpu = bool(given) and isinstance(given[0], cuda.ndarray)
    types = (cuda.ndarray,) if gpu else get_cpu_array_types()
    return all(isinstance(array, types) for array in given)


def get_device(device_spec: Any) -> Device:
    """Return the device that a specifier names.

    Args:
        device_spec: A :class:`Device`; a number (a GPU's; negative is the CPU); ``"@numpy"``,
            ``"native"`` or ``"cpu"``; ``"@cupy:N"``, ``"cuda:N"``, ``"cuda"`` or ``"N"``;
            a `torch.device`.

    Raises:
        TypeError: The specifier is of no type that could name a device.
        ValueError: It names no device.
        RuntimeError: It names a GPU, and there is none.
    """
    if isinstance(device_spec, Device):
        return device_spec
    if isinstance(device_spec, cuda.DummyDeviceType):
        return CpuDevice()
    if isinstance(device_spec, (int, numpy.integer)) and not isinstance(device_spec, bool):
        return _numbered(int(device_spec))
    if isinstance(device_spec, (str, torch.device)):
        return _named(str(device_spec))
    if cuda.cupy is not None and isinstance(device_spec, cuda.cupy.cuda.Device):
        return GpuDevice(device_spec.id)
    raise TypeError(_unknown(device_spec))


def _numbered(number: int) -> Device:
    return CpuDevice() if number < 0 else GpuDevice(number)


def _named(name: str) -> Device:
    family, _, index = name.removeprefix("@").partition(":")
    if family in ("numpy", "native", "cpu") and index in ("", "0"):
        return CpuDevice()
    if family in ("cupy", "cuda") and (index == "" or index.isdecimal()):
        return GpuDevice(int(index) if index else None)
    if not index and family.lstrip("-").isdecimal():
        return _numbered(int(family))
    raise ValueError(_unknown(name))


def _unknown(device_spec: object) -> str:
    return (
        f"{device_spec!r} names no device; use '@numpy' (the CPU), '@cupy:0' (a GPU), "
        "a GPU's number, or -1 (the CPU)"
    )


def using_device(device_spec: Any) -> contextlib.AbstractContextManager[Any]:
    """Return a context manager inside which the device is the current one."""
    return get_device(device_spec).create_context()


def get_array_module(*args: Any) -> Any:
    """Return `numpy`, or `cupy` if an argument (array or Variable) lives on a GPU."""
    return cuda.get_array_module(*args)


def get_device_from_array(*arrays: Any) -> Device:
    """Return the device of the first array that is on a GPU, the CPU if none is."""
    for array in arrays:
        found = GpuDevice.from_array(array)
        if found is not None:
            return found
    return CpuDevice()


def copyto(dst: Any, src: Any) -> None:
    """Copy values between arrays, across devices too, casting as `numpy.copyto` does.

    Args:
        dst: Array or tensor to write into.
        src: Array or tensor to read, of a shape that broadcasts to `dst`'s.
    """
    if isinstance(dst, numpy.ndarray):
        numpy.copyto(dst, CpuDevice().send(src))
    elif isinstance(dst, torch.Tensor):
        source = src if isinstance(src, torch.Tensor) else torch.as_tensor(src)
        dst.copy_(source.expand(dst.shape))
    else:
        dst[...] = get_device_from_array(dst).send(src)
