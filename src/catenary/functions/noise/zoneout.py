"""Zoneout."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.config import config
from catenary.functions._apply import apply
from catenary.variable import Variable, as_variable

__all__ = ["zoneout"]


def zoneout(h: Any, x: Any, ratio: float = 0.5) -> Variable:
    """While training, return values of `h` with probability `ratio` and of `x` otherwise.

    The choice is drawn from NumPy's global generator. While not training, return `x`.

    Args:
        h: Old values, Variable or array.
        x: New values, of the same shape and dtype.
        ratio: Share of old values, in [0, 1].
    """
    if not config.train:
        return as_variable(x)

    kept: list[Any] = []

    def mixed(h: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        if not kept:
            kept.append(numpy.asarray(numpy.random.rand(*x.shape) >= ratio))
        return torch.where(tensor_of(kept[0]).to(x.device), x, h)

    return apply("Zoneout", mixed, h, x)
