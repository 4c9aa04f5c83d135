"""Scaled complementary error function."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["erfcx"]


def erfcx(x: Any) -> Variable:
    """Return exp(x²) · erfc(x), element by element, also where erfc(x) rounds to 0.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("erfcx", torch.special.erfcx, x, check=floating)
