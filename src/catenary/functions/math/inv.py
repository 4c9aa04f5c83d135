"""Inverse matrices."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.math._square import square
from catenary.variable import Variable

__all__ = ["batch_inv", "inv"]


def _inverse(a: torch.Tensor) -> torch.Tensor:
    inverse: torch.Tensor
    inverse, failed = torch.linalg.inv_ex(a)
    if bool(failed.any()):
        raise ValueError("the matrix is singular and has no inverse")
    return inverse


def inv(a: Any) -> Variable:
    """Return the inverse of a matrix.

    Args:
        a: Variable or array, floating, shape (n, n).

    Raises:
        ValueError: The matrix is singular.
    """
    return apply("Inv", _inverse, a, check=square(2))


def batch_inv(a: Any) -> Variable:
    """Return the inverses of matrices.

    Args:
        a: Variable or array, floating, shape (batch, n, n).

    Raises:
        ValueError: A matrix is singular.
    """
    return apply("BatchInv", _inverse, a, check=square(3))
