"""Functions that are flat between their steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from catenary.backends.memory import array_of
from catenary.variable import Variable, as_variable

__all__ = ["stepwise"]


def stepwise(operation: Callable[[torch.Tensor], torch.Tensor], x: Any) -> Variable:
    """Return what `operation` makes of the values; no function made it, and it has no gradient."""
    return as_variable(array_of(operation(as_variable(x).tensor.detach())))
