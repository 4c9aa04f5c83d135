"""An array taken apart."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply_many, reject
from catenary.variable import Variable

__all__ = ["separate"]


def separate(x: Any, axis: int = 0) -> tuple[Variable, ...]:
    """Return the slices of an array along an axis, without that axis; they are views.

    Args:
        x: Variable or array.
        axis: Axis to take apart.
    """

    def check(label: str, x: torch.Tensor) -> None:
        if not -x.ndim <= axis < x.ndim:
            reject(label, f"an axis {axis}", x)

    def parts(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return x.unbind(axis)

    return apply_many("Separate", parts, x, check=check)
