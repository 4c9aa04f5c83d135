"""Matrix product."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["batch_matmul", "matmul"]


def matmul(a: Any, b: Any, transa: bool = False, transb: bool = False) -> Variable:
    """Return the matrix product, batched over all axes but the last two.

    Args:
        a: Variable or array, floating, at least one axis.
        b: Variable or array, floating, at least one axis.
        transa: Transpose the last two axes of `a` first.
        transb: Transpose the last two axes of `b` first.

    Returns:
        The product, of the wider of the two dtypes.

    Raises:
        InvalidType: The shapes cannot be multiplied.
    """

    def product(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        a = a.mT if transa and a.ndim > 1 else a
        b = b.mT if transb and b.ndim > 1 else b
        if a.dtype != b.dtype:
            common = torch.promote_types(a.dtype, b.dtype)
            a, b = a.to(common), b.to(common)
        return torch.matmul(a, b)

    return apply("MatMul", product, a, b, check=floating)


def _batches(label: str, a: torch.Tensor, b: torch.Tensor) -> None:
    floating(label, a, b)
    if not 2 <= a.ndim <= 3 or not 2 <= b.ndim <= 3 or len(a) != len(b):
        reject(label, "two batches of as many matrices or vectors", a, b)


def batch_matmul(a: Any, b: Any, transa: bool = False, transb: bool = False) -> Variable:
    """Return the products of matrices. Deprecated, as in Chainer: use :func:`matmul`.

    Args:
        a: Variable or array, floating, shape (batch, rows, columns), or (batch, rows) for one
            column each.
        b: Variable or array, floating, of the same kinds.
        transa: Transpose each matrix of `a` first.
        transb: Transpose each matrix of `b` first.

    Raises:
        InvalidType: The shapes cannot be multiplied.
    """
    warnings.warn("batch_matmul is deprecated; use matmul", DeprecationWarning, stacklevel=2)

    def products(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        a, b = (m.unsqueeze(-1) if m.ndim == 2 else m for m in (a, b))
        return torch.matmul(a.mT if transa else a, b.mT if transb else b)

    return apply("BatchMatMul", products, a, b, check=_batches)
