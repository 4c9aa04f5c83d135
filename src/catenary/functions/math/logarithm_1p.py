"""Logarithm near 1."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["log1p"]


def log1p(x: Any) -> Variable:
    """Return log(1 + x), element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("log1p", torch.log1p, x, check=floating)
