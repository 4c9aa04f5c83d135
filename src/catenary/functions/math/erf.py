"""Error function."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["erf"]


def erf(x: Any) -> Variable:
    """Return the error function, element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("erf", torch.erf, x, check=floating)
