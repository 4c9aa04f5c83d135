"""Fill parameters with their first values, with Chainer's names and random draws.

Calls numpy and `backend`, and nothing of the graph.
Called by `variable` when a parameter gets its shape, and by links for their defaults.
"""

from __future__ import annotations

from typing import Any

import numpy

from catenary import backend
from catenary.config import config
from catenary.initializer import Initializer
from catenary.initializers.constant import Constant, Identity, NaN, One, Zero
from catenary.initializers.normal import GlorotNormal, HeNormal, LeCunNormal, Normal
from catenary.initializers.orthogonal import Orthogonal
from catenary.initializers.sampling import DownsamplingConvFilter, UpsamplingDeconvFilter
from catenary.initializers.uniform import GlorotUniform, HeUniform, LeCunUniform, Uniform

__all__ = [
    "Constant",
    "DownsamplingConvFilter",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "Initializer",
    "LeCunNormal",
    "LeCunUniform",
    "NaN",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "UpsamplingDeconvFilter",
    "Zero",
    "generate_array",
]


def generate_array(
    initializer: Any, shape: Any, xp: Any, dtype: Any = None, device: Any = None
) -> Any:
    """Return a new array filled by an initializer.

    Args:
        initializer: Callable that fills an array.
        shape: Shape, an int or a tuple.
        xp: Array module, `numpy` or `cupy`.
        dtype: Dtype; the initializer's if omitted, `config.dtype` if it has none.
        device: Device of the array, which must speak `xp`.

    Raises:
        ValueError: `dtype` and the initializer's, or `xp` and the device's, contradict each other.
    """
    own = getattr(initializer, "dtype", None)
    if dtype is not None and own is not None and numpy.dtype(dtype) != numpy.dtype(own):
        raise ValueError(f"dtype {dtype} was asked of an initializer for {own}")
    if dtype is None:
        dtype = config.dtype if own is None else own
    if device is not None and backend.get_device(device).xp is not xp:
        raise ValueError(f"device {device} does not hold arrays of {xp.__name__}")
    place = backend.CpuDevice() if device is None else backend.get_device(device)
    with place.create_context():
        array = xp.empty(shape, dtype=dtype)
        initializer(array)
    return array


def _get_initializer(initializer: Any) -> Any:
    """Return what a link's argument means: LeCunNormal for None, Constant for a value."""
    if initializer is None:
        return LeCunNormal()
    if numpy.isscalar(initializer) or isinstance(initializer, backend.get_array_types()):
        return Constant(initializer)
    if not callable(initializer):
        raise TypeError(
            "an initializer is a callable, an array, a number or None, "
            f"got {type(initializer).__name__}"
        )
    return initializer
