"""Dropout."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backend import CpuDevice
from catenary.backends.memory import numpy_dtype, tensor_of
from catenary.config import config
from catenary.functions._apply import apply, floating
from catenary.variable import as_variable

__all__ = ["dropout"]


def dropout(x: Any, ratio: float = 0.5, *, mask: Any = None, return_mask: bool = False) -> Any:
    """While training, zero values at random and scale the others by 1 / (1 − ratio).

    The mask is drawn from NumPy's global generator: the same seed gives the same mask as Chainer
    on the CPU.

    Args:
        x: Variable or array, floating, any shape.
        ratio: Share of values to drop, in [0, 1).
        mask: Array of the shape of `x` to multiply by instead of a drawn one.
        return_mask: Return (y, mask); the mask is None while not training.

    Raises:
        ValueError: `ratio` is outside [0, 1).
    """
    if not config.train:
        y = as_variable(x)
        return (y, None) if return_mask else y
    if not 0.0 <= ratio < 1.0:
        raise ValueError(f"dropout needs a ratio in [0, 1), got {ratio}")
    kept: list[Any] = [mask]

    def drop(x: torch.Tensor) -> torch.Tensor:
        if kept[0] is None:
            dtype = numpy_dtype(x.dtype)
            dtype = numpy.dtype("float32") if isinstance(dtype, torch.dtype) else dtype
            flag = numpy.random.rand(*x.shape) >= ratio
            kept[0] = dtype.type(1.0 / (1 - ratio)) * flag
        return x * tensor_of(CpuDevice().send(kept[0])).to(x.device, x.dtype)

    y = apply("Dropout", drop, x, check=floating)
    return (y, kept[0]) if return_mask else y
