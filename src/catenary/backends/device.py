"""Devices: what they are called, which array module they speak, how arrays are sent to them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy
import torch

from catenary.backends.memory import array_of, tensor_of

__all__ = ["CpuDevice", "Device"]


class Device:
    """A place for arrays. Two devices that name the same place are equal."""

    @property
    def xp(self) -> Any:
        """The module whose arrays live here: `numpy` or `cupy`."""
        raise NotImplementedError(f"{type(self).__name__} does not name its array module")

    @property
    def name(self) -> str:
        """The text that `get_device` turns back into this device."""
        raise NotImplementedError(f"{type(self).__name__} has no name")

    @property
    def torch_device(self) -> torch.device:
        """The same place in torch's words."""
        raise NotImplementedError(f"{type(self).__name__} has no equal in torch")

    @property
    def supported_array_types(self) -> tuple[type, ...]:
        """The array types that `is_array_supported` accepts."""
        raise NotImplementedError(f"{type(self).__name__} names no array types")

    def __str__(self) -> str:
        return self.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    def create_context(self) -> contextlib.AbstractContextManager[Any]:
        """Return a context manager inside which this is the current device."""
        return self._context()

    @contextlib.contextmanager
    def _context(self) -> Iterator[Device]:
        yield self

    def use(self) -> None:
        """Make this the current device."""

    def is_array_supported(self, array: Any) -> bool:
        """Whether `array` lives here."""
        return isinstance(array, self.supported_array_types)

    def send(self, arrays: Any) -> Any:
        """Return `arrays` on this device; what is here already is returned as it is.

        Args:
            arrays: Array, tensor or None, or a list, tuple or dict of them, nested at will.
        """
        if isinstance(arrays, (list, tuple)):
            return type(arrays)([self.send(a) for a in arrays])
        if isinstance(arrays, dict):
            return {key: self.send(a) for key, a in arrays.items()}
        return None if arrays is None else self._send(arrays)

    def _send(self, array: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} cannot receive arrays")


class CpuDevice(Device):
    """The CPU and its memory, seen through NumPy."""

    @property
    def xp(self) -> Any:
        """NumPy."""
        return numpy

    @property
    def name(self) -> str:
        """``@numpy``."""
        return "@numpy"

    @property
    def torch_device(self) -> torch.device:
        """``cpu``."""
        return torch.device("cpu")

    @property
    def supported_array_types(self) -> tuple[type, ...]:
        """NumPy's arrays."""
        return (numpy.ndarray,)

    def __repr__(self) -> str:
        return "<CpuDevice (numpy)>"

    def _send(self, array: Any) -> Any:
        if isinstance(array, numpy.ndarray):
            return array
        if numpy.isscalar(array):
            return numpy.asarray(array)
        return array_of(tensor_of(array).cpu())
