"""Another shape for the same values."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.variable import Variable, as_variable

__all__ = ["reshape"]


def reshape(x: Any, shape: Any) -> Variable:
    """Return `x` in another shape, a view where the memory allows it.

    Args:
        x: Variable or array.
        shape: Tuple of ints, one of which may be −1.

    Raises:
        InvalidType: The sizes differ.
    """
    shape = tuple(int(s) for s in shape)
    if tuple(x.shape) == shape:
        return as_variable(x)

    def view(x: torch.Tensor) -> torch.Tensor:
        return x.reshape(shape)

    return apply("Reshape", view, x)
