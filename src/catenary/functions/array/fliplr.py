"""Columns backward."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["fliplr"]


def _check(label: str, a: torch.Tensor) -> None:
    if a.ndim < 2:
        reject(label, "at least two axes", a)


def fliplr(a: Any) -> Variable:
    """Return the values in reverse order along axis 1.

    Args:
        a: Variable or array, at least two axes.
    """
    return apply("FlipLR", torch.fliplr, a, check=_check)
