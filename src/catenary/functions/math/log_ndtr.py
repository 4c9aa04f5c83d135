"""Logarithm of the distribution function of the standard normal distribution."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["log_ndtr"]


def log_ndtr(x: Any) -> Variable:
    """Return log(ndtr(x)), element by element, also where ndtr(x) rounds to 0.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("log_ndtr", torch.special.log_ndtr, x, check=floating)
