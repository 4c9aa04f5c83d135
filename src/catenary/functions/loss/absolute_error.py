"""Absolute differences."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, matching
from catenary.variable import Variable

__all__ = ["absolute_error"]


def _distance(x0: torch.Tensor, x1: torch.Tensor) -> torch.Tensor:
    return (x0 - x1).abs()


def absolute_error(x0: Any, x1: Any) -> Variable:
    """Return |x0 − x1|, element by element.

    Args:
        x0: Variable or array, floating.
        x1: Variable or array of the same shape and dtype.
    """
    return apply("AbsoluteError", _distance, x0, x1, check=matching)
