"""Signs."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions.math._stepwise import stepwise
from catenary.variable import Variable

__all__ = ["sign"]


def sign(x: Any) -> Variable:
    """Return −1, 0 or 1; a new leaf of the graph, without gradient.

    Args:
        x: Variable or array, any shape.
    """
    return stepwise(torch.sign, x)
