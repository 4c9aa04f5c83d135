"""Remainders."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.math._dtype import one_floating_dtype
from catenary.variable import Variable

__all__ = ["fmod"]


def fmod(x: Any, divisor: Any) -> Variable:
    """Return the remainder of x / divisor with the sign of x, element by element.

    Args:
        x: Variable or array, floating.
        divisor: Variable or array of the same dtype.
    """
    return apply("fmod", torch.fmod, x, divisor, check=one_floating_dtype)
