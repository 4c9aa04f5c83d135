"""What functions of square matrices take."""

from __future__ import annotations

from collections.abc import Callable

import torch

from catenary.functions._apply import floating, reject

__all__ = ["square"]


def square(axes: int) -> Callable[..., None]:
    """Return the check for arrays of so many axes whose last two have one length."""

    def check(label: str, a: torch.Tensor) -> None:
        floating(label, a)
        if a.ndim != axes or a.shape[-1] != a.shape[-2]:
            reject(label, f"{axes} axes, the last two of one length", a)

    return check
