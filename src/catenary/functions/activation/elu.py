"""Exponential linear unit."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["elu"]


def elu(x: Any, alpha: float = 1.0) -> Variable:
    """Return x where x > 0 and alpha · (exp(x) − 1) elsewhere.

    Args:
        x: Variable or array, floating, any shape.
        alpha: Distance of the lower asymptote from 0.

    Returns:
        Variable of the shape of `x`.
    """

    def bend(x: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.elu(x, alpha)

    return apply("ELU", bend, x, check=floating)
