"""What functions of several arrays, element by element, take."""

from __future__ import annotations

import torch

from catenary.functions._apply import floating, reject

__all__ = ["one_floating_dtype"]


def one_floating_dtype(label: str, x1: torch.Tensor, x2: torch.Tensor) -> None:
    """Check that two dtypes are floating and equal."""
    floating(label, x1, x2)
    if x1.dtype != x2.dtype:
        reject(label, "one dtype", x1, x2)
