"""One axis put before another."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["rollaxis"]


def rollaxis(x: Any, axis: int, start: int = 0) -> Variable:
    """Return a view in which `axis` comes before what was axis `start`.

    Args:
        x: Variable or array.
        axis: Axis to move.
        start: Axis to put it before; the number of axes to put it last.

    Raises:
        TypeError: `axis` or `start` is no int.
        InvalidType: There is no such axis.
    """
    for name, value in (("axis", axis), ("start", start)):
        if not isinstance(value, int):
            raise TypeError(f"{name} must be an int, got {value!r}")

    def check(label: str, x: torch.Tensor) -> None:
        if not -x.ndim <= axis < x.ndim or not -x.ndim <= start <= x.ndim:
            reject(label, f"axes {axis} and {start}", x)

    def rolled(x: torch.Tensor) -> torch.Tensor:
        source = axis % x.ndim
        goal = start + x.ndim if start < 0 else start
        return x.movedim(source, goal - 1 if source < goal else goal)

    return apply("Rollaxis", rolled, x, check=check)
