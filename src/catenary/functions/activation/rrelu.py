"""Leaky rectified linear unit with random slopes."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backends.memory import numpy_dtype, tensor_of
from catenary.config import config
from catenary.functions._apply import apply, floating, reject

__all__ = ["rrelu"]


def rrelu(
    x: Any, l: float = 1.0 / 8, u: float = 1.0 / 3, *, r: Any = None, return_r: bool = False
) -> Any:
    """Return x where it is at least 0, and r x elsewhere.

    While training, each r is drawn from NumPy's global generator, uniform in [l, u); otherwise it
    is (l + u) / 2.

    Args:
        x: Variable or array, floating, any shape.
        l: Least slope, in [0, 1).
        u: Greatest slope, in [0, 1), above `l`.
        r: Array of slopes to take while training instead of drawing, of the shape and dtype of `x`.
        return_r: Return (y, r).

    Raises:
        ValueError: `l` or `u` is out of range.
    """
    if not 0.0 <= l < u < 1.0:
        raise ValueError(f"rrelu needs 0 <= l < u < 1, got l={l} and u={u}")
    kept: list[Any] = [r if config.train else None]

    def check(label: str, x: torch.Tensor) -> None:
        floating(label, x)
        if r is not None and (tuple(r.shape) != tuple(x.shape) or r.dtype != numpy_dtype(x.dtype)):
            reject(label, f"x of the shape {tuple(r.shape)} and dtype {r.dtype} of r", x)

    def slope(x: torch.Tensor) -> torch.Tensor:
        if kept[0] is None:
            dtype = numpy_dtype(x.dtype)
            dtype = numpy.dtype("float32") if isinstance(dtype, torch.dtype) else dtype
            shape = tuple(x.shape)
            drawn = numpy.random.uniform(l, u, shape) if config.train else (l + u) / 2
            kept[0] = numpy.broadcast_to(numpy.asarray(drawn, dtype), shape).copy()
        return torch.where(x >= 0, x, x * tensor_of(kept[0]).to(x.device, x.dtype))

    y = apply("RReLU", slope, x, check=check)
    return (y, kept[0]) if return_r else y
