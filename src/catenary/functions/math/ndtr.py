"""Distribution function of the standard normal distribution."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["ndtr"]


def ndtr(x: Any) -> Variable:
    """Return the probability that a standard normal number is at most `x`, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("ndtr", torch.special.ndtr, x, check=floating)
