"""Rectified values of both signs."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["crelu"]


def crelu(x: Any, axis: int = 1) -> Variable:
    """Return max(x, 0) and max(−x, 0), one after the other along an axis.

    Args:
        x: Variable or array, floating.
        axis: Axis that becomes twice as long.

    Raises:
        TypeError: `axis` is no int.
        InvalidType: There is no such axis.
    """
    if not isinstance(axis, int):
        raise TypeError(f"axis must be an int, got {axis!r}")

    def check(label: str, x: torch.Tensor) -> None:
        floating(label, x)
        if not -x.ndim <= axis < x.ndim:
            reject(label, f"an axis {axis}", x)

    def both(x: torch.Tensor) -> torch.Tensor:
        return torch.cat((torch.relu(x), torch.relu(-x)), axis)

    return apply("CReLU", both, x, check=check)
