"""What arrays that are joined must have in common."""

from __future__ import annotations

import torch

from catenary.functions._apply import reject

__all__ = ["joinable"]


def joinable(label: str, *tensors: torch.Tensor) -> None:
    """Check that dtypes and numbers of axes are equal."""
    if any(t.dtype != tensors[0].dtype or t.ndim != tensors[0].ndim for t in tensors):
        reject(label, "one dtype and one number of axes", *tensors)
