"""Rounding toward 0."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions.math._stepwise import stepwise
from catenary.variable import Variable

__all__ = ["fix"]


def fix(x: Any) -> Variable:
    """Return the next integer toward 0; a new leaf of the graph, without gradient.

    Args:
        x: Variable or array, any shape.
    """
    return stepwise(torch.trunc, x)
