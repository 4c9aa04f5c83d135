"""Another dtype."""

from __future__ import annotations

from typing import Any

import torch

from catenary.backends.memory import torch_dtype
from catenary.config import config
from catenary.functions._apply import apply
from catenary.variable import Variable, as_variable

__all__ = ["cast"]


def cast(x: Any, typ: Any) -> Variable:
    """Return the values in another dtype; the gradient comes back in the dtype of `x`.

    Args:
        x: Variable or array.
        typ: Anything that names a dtype.
    """
    dtype = torch_dtype(typ)
    if not config.enable_backprop and torch_dtype(x.dtype) == dtype:
        return as_variable(x)

    def convert(x: torch.Tensor) -> torch.Tensor:
        return x.to(dtype)

    return apply("Cast", convert, x)
