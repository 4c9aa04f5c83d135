"""One axis for everything."""

from __future__ import annotations

import math
from typing import Any

from catenary.functions.array.reshape import reshape
from catenary.variable import Variable

__all__ = ["flatten"]


def flatten(x: Any) -> Variable:
    """Return the values along a single axis.

    Args:
        x: Variable or array.
    """
    return reshape(x, (math.prod(x.shape),))
