"""Types for annotations, under Chainer's names.

They say what arguments mean and promise nothing at run time. The module may import nothing of the
house; called by users, in their annotations.
"""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = [
    "TYPE_CHECKING",
    "AbstractInitializer",
    "CudaDeviceSpec",
    "DTypeSpec",
    "DeviceSpec",
    "InitializerSpec",
    "NdArray",
    "ScalarValue",
    "Shape",
    "ShapeSpec",
    "Xp",
]

Shape: TypeAlias = tuple[int, ...]
ShapeSpec: TypeAlias = int | Sequence[int]
DTypeSpec: TypeAlias = npt.DTypeLike
NdArray: TypeAlias = Any
"""An array of NumPy or CuPy, or a tensor that stands in for one."""
Xp: TypeAlias = ModuleType
"""`numpy` or `cupy`."""


class AbstractInitializer(Protocol):
    """What fills a parameter: an Initializer, or any callable that takes an array."""

    dtype: Any

    def __call__(self, array: NdArray) -> None:
        """Fill the array."""


ScalarValue: TypeAlias = np.generic | bytes | str | memoryview | numbers.Number
InitializerSpec: TypeAlias = AbstractInitializer | ScalarValue | npt.NDArray[Any]
DeviceSpec: TypeAlias = Any
"""What `get_device` takes."""
CudaDeviceSpec: TypeAlias = Any
"""What `cuda.get_device` takes: a device of CuPy, or its number."""
