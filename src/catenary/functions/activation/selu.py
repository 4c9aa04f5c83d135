"""Scaled exponential linear unit."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["selu"]


def selu(x: Any, alpha: float = 1.6732632423543772, scale: float = 1.0507009873554805) -> Variable:
    """Return scale · x where x ≥ 0 and scale · alpha · (eˣ − 1) elsewhere.

    Args:
        x: Variable or array, floating, any shape.
        alpha: Limit of the negative branch, before scaling.
        scale: Factor of both branches.
    """

    def scaled(x: torch.Tensor) -> torch.Tensor:
        return scale * torch.nn.functional.elu(x, alpha)

    return apply("SELU", scaled, x, check=floating)
