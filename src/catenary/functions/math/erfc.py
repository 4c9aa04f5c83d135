"""Complementary error function."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["erfc"]


def erfc(x: Any) -> Variable:
    """Return 1 − erf(x), element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("erfc", torch.erfc, x, check=floating)
