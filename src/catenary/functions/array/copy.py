"""A copy, on any device."""

from __future__ import annotations

from typing import Any

import torch

from catenary.backend import get_device
from catenary.functions._apply import apply
from catenary.variable import Variable

__all__ = ["copy"]


def copy(x: Any, dst: Any) -> Variable:
    """Return the values of `x` in memory of their own; the gradient goes back to `x`'s device.

    Args:
        x: Variable or array.
        dst: Where to: whatever :func:`catenary.backend.get_device` understands.
    """
    device = get_device(dst)

    def sent(x: torch.Tensor) -> torch.Tensor:
        return x.to(device.torch_device, copy=True)

    return apply("Copy", sent, x)
