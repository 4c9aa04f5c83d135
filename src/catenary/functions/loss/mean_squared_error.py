"""Mean squared error."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, matching
from catenary.variable import Variable

__all__ = ["mean_squared_error"]


def mean_squared_error(x0: Any, x1: Any) -> Variable:
    """Return the mean of (x0 − x1)².

    Args:
        x0: Variable or array, floating.
        x1: Variable or array of the same shape and dtype.
    """
    return apply("MeanSquaredError", torch.nn.functional.mse_loss, x0, x1, check=matching)
