"""One memory, two faces: a NumPy array and a torch tensor over the same bytes."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from typing import Any

import numpy
import torch
import torch.utils.dlpack

__all__ = ["array_of", "numpy_dtype", "share", "tensor_of", "torch_dtype"]

_PAIRS: tuple[tuple[torch.dtype, str], ...] = (
    (torch.float32, "float32"),
    (torch.float64, "float64"),
    (torch.float16, "float16"),
    (torch.int8, "int8"),
    (torch.int16, "int16"),
    (torch.int32, "int32"),
    (torch.int64, "int64"),
    (torch.uint8, "uint8"),
    (torch.uint16, "uint16"),
    (torch.uint32, "uint32"),
    (torch.uint64, "uint64"),
    (torch.bool, "bool"),
    (torch.complex64, "complex64"),
    (torch.complex128, "complex128"),
)
_TO_NUMPY: dict[torch.dtype, Any] = {t: numpy.dtype(n) for t, n in _PAIRS}
_TO_TORCH: dict[Any, torch.dtype] = {n: t for t, n in _TO_NUMPY.items()}


def numpy_dtype(dtype: torch.dtype) -> Any:
    """Return NumPy's dtype for a torch one, or the torch dtype where NumPy has none (bfloat16)."""
    return _TO_NUMPY.get(dtype, dtype)


def torch_dtype(dtype: Any) -> torch.dtype:
    """Return torch's dtype for anything that names one.

    Raises:
        TypeError: torch has no such dtype (objects, strings, long double).
    """
    if isinstance(dtype, torch.dtype):
        return dtype
    found = _TO_TORCH.get(numpy.dtype(dtype).newbyteorder("="))
    if found is None:
        raise TypeError(f"torch has no dtype like {numpy.dtype(dtype)}; cast the array first")
    return found


def share(array: Any) -> torch.Tensor | None:
    """Return a tensor over a NumPy array's own memory, None where torch cannot hold it.

    (Read-only arrays, negative strides, foreign byte orders, strides that cut elements, and dtypes
    that torch does not know.)
    """
    if not array.flags.writeable:
        return None
    try:
        return torch.from_numpy(array)
    except (TypeError, ValueError):
        return None


def tensor_of(array: Any) -> torch.Tensor:
    """Return a tensor over `array`: its own memory where torch can hold it, a copy otherwise.

    Args:
        array: NumPy array, CuPy array, or tensor (returned without its graph).

    Raises:
        TypeError: It is no array, or its dtype has no equal in torch.
    """
    if isinstance(array, numpy.ndarray):
        tensor = share(array)
        if tensor is not None:
            return tensor
        dtype = _TO_NUMPY[torch_dtype(array.dtype)]
        return torch.from_numpy(numpy.array(array, dtype=dtype, order="C"))
    if isinstance(array, torch.Tensor):
        return array.detach()
    if not hasattr(array, "__dlpack__"):
        raise TypeError(f"{type(array).__name__} is no array; wrap the values with numpy.asarray")
    return torch.utils.dlpack.from_dlpack(array)


def array_of(tensor: torch.Tensor) -> Any:
    """Return the writable array over a tensor's memory.

    NumPy's on the CPU, CuPy's on CUDA where CuPy is installed. The tensor itself, without its
    graph, where no array type can show it: bfloat16, and CUDA without CuPy.
    """
    tensor = tensor.detach()
    if tensor.device.type == "cpu":
        if tensor.dtype not in _TO_NUMPY:
            return tensor
        if tensor._is_zerotensor():
            tensor = tensor.clone()
        if tensor.is_conj() or tensor.is_neg():
            tensor = tensor.resolve_conj().resolve_neg()
        return tensor.numpy()
    cupy = _cupy()
    if cupy is None or tensor.dtype not in _TO_NUMPY:
        return tensor
    return cupy.from_dlpack(tensor)


@lru_cache(maxsize=1)
def _cupy() -> Any:
    if importlib.util.find_spec("cupy") is None:
        return None
    import cupy

    return cupy
