"""Matrix product."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["matmul"]


def matmul(a: Any, b: Any, transa: bool = False, transb: bool = False) -> Variable:
    """Return the matrix product, batched over all axes but the last two.

    Args:
        a: Variable or array, floating, at least one axis.
        b: Variable or array, floating, at least one axis.
        transa: Transpose the last two axes of `a` first.
        transb: Transpose the last two axes of `b` first.

    Raises:
        InvalidType: The shapes cannot be multiplied.
    """

    def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        a = a.mT if transa and a.ndim > 1 else a
        b = b.mT if transb and b.ndim > 1 else b
        return torch.matmul(a, b)

    return apply("MatMul", product, a, b, check=floating)
