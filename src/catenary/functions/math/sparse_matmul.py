"""Product of a sparse and a dense matrix."""

from __future__ import annotations

from typing import Any

import torch

from catenary.backend import get_array_types
from catenary.backends.memory import tensor_of
from catenary.functions._apply import apply, floating, reject
from catenary.utils.sparse import CooMatrix
from catenary.variable import Variable

__all__ = ["sparse_matmul"]


def sparse_matmul(a: Any, b: Any, transa: bool = False, transb: bool = False) -> Variable:
    """Return the matrix product of a sparse and a dense matrix, or of batches of them.

    Args:
        a: CooMatrix, or Variable or array, floating, shape (rows, columns), or (batch, rows,
            columns).
        b: The other one of these kinds.
        transa: Transpose each matrix of `a` first.
        transb: Transpose each matrix of `b` first.

    Raises:
        ValueError: Not exactly one operand is sparse.
        InvalidType: The shapes cannot be multiplied.
    """
    dense = (Variable, *get_array_types())
    if isinstance(a, CooMatrix) and isinstance(b, dense):
        return _product(a, b, transa, transb, False)
    if isinstance(a, dense) and isinstance(b, CooMatrix):
        # (A B)ᵀ = Bᵀ Aᵀ
        return _product(b, a, not transb, not transa, True)
    raise ValueError(
        "sparse_matmul takes one CooMatrix and one Variable or array, "
        f"got {type(a).__name__} and {type(b).__name__}"
    )


def _product(sparse: CooMatrix, other: Any, turned: bool, trans: bool, back: bool) -> Variable:
    row, col = (sparse.col, sparse.row) if turned else (sparse.row, sparse.col)
    height, width = sparse.shape[::-1] if turned else sparse.shape

    def check(label: str, data: torch.Tensor, dense: torch.Tensor) -> None:
        floating(label, data, dense)
        fits = data.ndim == dense.ndim - 1 and dense.shape[-1 if trans else -2] == width
        if not fits or data.shape[:-1] != dense.shape[:-2]:
            reject(label, f"{width} rows of the dense matrix and batches of one size", data, dense)

    def product(data: torch.Tensor, dense: torch.Tensor) -> torch.Tensor:
        dense = dense.mT if trans else dense
        batches = data.shape[:-1].numel()
        rows, columns = (
            tensor_of(a).to(data.device).long().reshape(batches, -1) for a in (row, col)
        )
        batch = torch.arange(batches, device=data.device)[:, None].expand_as(rows)
        counts = rows >= 0
        picked = dense.reshape(batches, width, -1)[batch[counts], columns[counts]]
        scaled = data.reshape(batches, -1)[counts][:, None] * picked
        sums = scaled.new_zeros((batches * height, picked.shape[1]))
        sums = sums.index_add(0, (batch * height + rows)[counts], scaled)
        y = sums.reshape(*data.shape[:-1], height, picked.shape[1])
        return y.mT if back else y

    return apply("CooMatMul", product, sparse.data, other, check=check)
