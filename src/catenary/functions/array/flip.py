"""One axis backward."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["flip"]


def flip(x: Any, axis: int) -> Variable:
    """Return the values in reverse order along an axis.

    Args:
        x: Variable or array.
        axis: Axis to reverse.

    Raises:
        TypeError: `axis` is no int.
        InvalidType: There is no such axis.
    """
    if not isinstance(axis, int):
        raise TypeError(f"axis must be an int, got {axis!r}")

    def check(label: str, x: torch.Tensor) -> None:
        if not -x.ndim <= axis < x.ndim:
            reject(label, f"an axis {axis}", x)

    def reverse(x: torch.Tensor) -> torch.Tensor:
        return x.flip(axis)

    return apply("Flip", reverse, x, check=check)
