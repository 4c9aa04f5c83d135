"""Logarithm of the gamma function."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["lgamma"]


def lgamma(x: Any) -> Variable:
    """Return log |Γ(x)|, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("lgamma", torch.lgamma, x, check=floating)
