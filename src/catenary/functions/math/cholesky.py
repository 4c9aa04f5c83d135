"""Cholesky decomposition."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.functions._apply import apply
from catenary.functions.math._square import square
from catenary.variable import Variable

__all__ = ["cholesky"]


def _factor(a: torch.Tensor) -> torch.Tensor:
    factor: torch.Tensor
    factor, failed = torch.linalg.cholesky_ex(a)
    if bool(failed.any()):
        raise numpy.linalg.LinAlgError(
            f"leading minor {int(failed)} of the matrix is not positive: there is no "
            "Cholesky decomposition; add a small multiple of the identity"
        )
    return factor


def cholesky(a: Any) -> Variable:
    """Return the lower triangular L with L Lᵀ = a.

    Args:
        a: Variable or array, floating, shape (n, n), symmetric and positive definite.

    Raises:
        numpy.linalg.LinAlgError: `a` is not positive definite.
    """
    return apply("cholesky", _factor, a, check=square(2))
