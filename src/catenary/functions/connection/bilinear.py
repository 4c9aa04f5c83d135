"""Products of two vectors' values, weighted."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions.array.reshape import reshape
from catenary.functions.math.basic_math import add
from catenary.functions.math.bias import bias
from catenary.functions.math.matmul import matmul
from catenary.utils.type_check import InvalidType
from catenary.variable import Variable

__all__ = ["bilinear"]


def _check(label: str, e1: torch.Tensor, e2: torch.Tensor, W: torch.Tensor) -> None:
    floating(label, e1, e2, W)
    fits = e1.ndim == e2.ndim == 2 and W.ndim == 3 and len(e1) == len(e2)
    if not fits or (e1.shape[1], e2.shape[1]) != tuple(W.shape[:2]):
        reject(label, "e1 (batch, i), e2 (batch, j) and W (i, j, out)", e1, e2, W)


def _products(e1: torch.Tensor, e2: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
    return torch.einsum("bi,bj,ijo->bo", e1, e2, W)


def bilinear(e1: Any, e2: Any, W: Any, V1: Any = None, V2: Any = None, b: Any = None) -> Variable:
    """Return e1ᵀ W e2 + e1 V1 + e2 V2 + b.

    Args:
        e1: Variable or array, floating, shape (batch, ...); axes after the first are one.
        e2: Variable or array of the same kind.
        W: Weights, shape (length of e1, length of e2, out).
        V1: Weights, shape (length of e1, out). All of V1, V2 and b are given, or none.
        V2: Weights, shape (length of e2, out).
        b: Bias, shape (out,).

    Raises:
        ValueError: Some of V1, V2 and b are missing.
        InvalidType: The shapes do not fit.
    """
    given = [each is not None for each in (V1, V2, b)]
    if any(given) and not all(given):
        raise ValueError("bilinear needs all of V1, V2 and b, or none of them")
    shapes = tuple(e1.shape), tuple(e2.shape)
    if min(map(len, shapes)) < 2:
        expect = "e1 and e2 of at least two axes"
        raise InvalidType(expect, shapes, f"BilinearFunction needs {expect}, got shapes {shapes}")
    e1, e2 = (reshape(e, (len(e), -1)) for e in (e1, e2))
    y = apply("BilinearFunction", _products, e1, e2, W, check=_check)
    if not any(given):
        return y
    return bias(add(y, matmul(e1, V1), matmul(e2, V2)), b)
