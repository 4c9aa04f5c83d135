"""Determinants."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.math._square import square
from catenary.variable import Variable

__all__ = ["batch_det", "det"]


def det(a: Any) -> Variable:
    """Return the determinant of a matrix.

    Args:
        a: Variable or array, floating, shape (n, n).
    """
    return apply("det", torch.linalg.det, a, check=square(2))


def batch_det(a: Any) -> Variable:
    """Return the determinants of matrices, shape (batch,).

    Args:
        a: Variable or array, floating, shape (batch, n, n).
    """
    return apply("det", torch.linalg.det, a, check=square(3))
