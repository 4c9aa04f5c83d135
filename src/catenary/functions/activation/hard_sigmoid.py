"""Sigmoid made of straight lines."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["hard_sigmoid"]


def _lines(x: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.hardtanh(x * 0.2 + 0.5, 0.0, 1.0)


def hard_sigmoid(x: Any) -> Variable:
    """Return min(max(0.2 x + 0.5, 0), 1).

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("HardSigmoid", _lines, x, check=floating)
