"""Ask many tensors at once what a step must know of them.

In Python, each gradient becomes an object first and is then asked three questions: for a thousand
small parameters that takes longer than their step. torch has a C interface for compiled models
(``aoti_torch_...``), and its core library exports where a tensor keeps its gradient; the compiled
file asks these. Where one of them is missing, as in another version of torch or on another system,
nothing is asked at once, and whoever asks does it in Python.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from catenary.kernel.library import entry

__all__ = ["Addresses", "Tensors"]

Addresses = np.ndarray[tuple[int], np.dtype[np.int64]]

_CORE = ("_ZNK3c1010TensorImpl4gradEv", "_ZNK3c1010TensorImpl13requires_gradEv")
"""``c10::TensorImpl::grad() const`` and ``requires_grad() const``."""

_INTERFACE = (
    "is_defined", "get_layout", "get_dtype", "get_dim", "get_sizes", "get_strides", "get_data_ptr",
)  # fmt: skip

_HEADER = object.__basicsize__
"""Bytes before a Python object's own fields. The first field of a Tensor is torch's at::Tensor."""

_Asking = Callable[..., int]
"""Takes where the at::Tensors' addresses stand, how many, where the tensors' addresses stand and
how far from each other; returns whether the answer is yes.
"""


class Tensors:
    """Tensors that are asked all at once.

    Args:
        tensors: Subclasses may answer in ways of their own, so with one of them none is asked.
    """

    def __init__(self, tensors: Sequence[torch.Tensor]) -> None:
        self._held = list(tensors)
        plain = all(type(held) in (torch.Tensor, torch.nn.Parameter) for held in self._held)
        self._asking = _asking() if plain else None
        self._at = np.array([id(held) + _HEADER for held in self._held], np.int64)
        self._where = self._at.ctypes.data, len(self._held)
        self._into: Addresses | None = None
        self._goes = (0, 0)

    def lie_at(self, addresses: Addresses) -> bool:
        """Return whether the tensors' data begin at these addresses."""
        if self._asking is None:
            return bool(addresses.tolist() == [held.data_ptr() for held in self._held])
        lie_at, _ = self._asking
        return bool(lie_at(*self._where, *_places(addresses)))

    def gradients(self, into: Addresses) -> bool:
        """Write where the data of every gradient begin, and return whether that was possible.

        It is not where a tensor requires no gradient, or has none that is dense and lies in memory
        as the tensor itself does, or where nothing can be asked at once; `into` may hold anything
        then.
        """
        if self._asking is None:
            return False
        if into is not self._into:  # NumPy takes a microsecond to say where an array lies
            self._into, self._goes = into, _places(into)
        _, read_gradients = self._asking
        return bool(read_gradients(*self._where, *self._goes))


def _places(addresses: Addresses) -> tuple[int, int]:
    """Return where addresses stand, and how far from each other, counted in addresses."""
    return addresses.ctypes.data, addresses.strides[0] // addresses.itemsize


@functools.cache
def _asking() -> tuple[_Asking, _Asking] | None:
    """Return what asks where tensors lie, and where their gradients do; None where that fails."""
    lie_at = entry("catenary_lie_at", keeps_gil=True)
    read_gradients = entry("catenary_read_gradients", keeps_gil=True)
    try:
        table = _of_torch()
        if lie_at is None or read_gradients is None or not _is_first_field():
            return None
    except (OSError, AttributeError):
        return None
    for function in (lie_at, read_gradients):
        number = ctypes.c_int64
        function.argtypes = (ctypes.c_void_p, ctypes.c_void_p, number, ctypes.c_void_p, number)
        function.restype = ctypes.c_int
    return functools.partial(lie_at, table), functools.partial(read_gradients, table)


def _of_torch() -> Any:
    """Return the addresses of torch's functions, as `tensors.cc` lays them out."""
    folder = Path(torch.__file__).parent / "lib"
    suffix = ".dylib" if (folder / "libc10.dylib").exists() else ".so"
    core, rest = (ctypes.CDLL(str(folder / (name + suffix))) for name in ("libc10", "libtorch_cpu"))
    functions = [getattr(core, name) for name in _CORE]
    functions += [getattr(rest, f"aoti_torch_{name}") for name in _INTERFACE]
    addresses = [ctypes.cast(function, ctypes.c_void_p).value for function in functions]
    return (ctypes.c_void_p * len(addresses))(*addresses)


def _is_first_field() -> bool:
    """Whether a Tensor's first field is its at::Tensor, of which torch itself gives a copy."""
    tensor = torch.empty(0)
    if type(tensor).__basicsize__ < _HEADER + ctypes.sizeof(ctypes.c_void_p):
        return False
    # The copy stays for good: it is one, and of nothing.
    copy = torch._C._aoti.unsafe_alloc_void_ptr_from_tensor(tensor)
    address = ctypes.pythonapi.PyCapsule_GetPointer
    address.argtypes, address.restype = (ctypes.py_object, ctypes.c_char_p), ctypes.c_void_p
    held = [
        ctypes.c_void_p.from_address(at).value for at in (address(copy, None), id(tensor) + _HEADER)
    ]
    return held[0] == held[1]
