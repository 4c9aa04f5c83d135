"""Normal random numbers that keep the gradient of their parameters."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backend import CpuDevice
from catenary.backends.memory import numpy_dtype, tensor_of
from catenary.functions._apply import apply, matching

__all__ = ["gaussian"]


def gaussian(mean: Any, ln_var: Any, *, eps: Any = None, return_eps: bool = False) -> Any:
    """Return μ + σ ε, where ε is drawn from NumPy's global generator: standard normal.

    Args:
        mean: μ, Variable or array, floating.
        ln_var: log σ², of the same shape and dtype.
        eps: Array to take for ε instead of drawing.
        return_eps: Return (y, ε).
    """
    kept: list[Any] = [eps]

    def sample(mean: torch.Tensor, ln_var: torch.Tensor) -> torch.Tensor:
        if kept[0] is None:
            drawn = numpy.asarray(numpy.random.standard_normal(tuple(ln_var.shape)))
            dtype = numpy_dtype(mean.dtype)
            kept[0] = drawn.astype("f" if isinstance(dtype, torch.dtype) else dtype, copy=False)
        noise = tensor_of(CpuDevice().send(kept[0])).to(mean.device, mean.dtype)
        return mean + torch.exp(ln_var * 0.5) * noise

    y = apply("Gaussian", sample, mean, ln_var, check=matching)
    return (y, kept[0]) if return_eps else y
