"""Rows backward."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["flipud"]


def _check(label: str, a: torch.Tensor) -> None:
    if a.ndim < 1:
        reject(label, "at least one axis", a)


def flipud(a: Any) -> Variable:
    """Return the values in reverse order along axis 0.

    Args:
        a: Variable or array, at least one axis.
    """
    return apply("FlipUD", torch.flipud, a, check=_check)
