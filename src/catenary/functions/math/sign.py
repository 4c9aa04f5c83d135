"""Signs."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable, no_backprop_mode

__all__ = ["sign"]


def sign(x: Any) -> Variable:
    """Return −1, 0 or 1; a new leaf of the graph, without gradient.

    Args:
        x: Variable or array, floating, any shape.
    """
    with no_backprop_mode():
        return apply("Sign", torch.sign, x, check=floating)
