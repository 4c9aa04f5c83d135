"""Share of right answers to yes-or-no questions."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["binary_accuracy"]

_IGNORED = -1


def _check(label: str, y: torch.Tensor, t: torch.Tensor) -> None:
    floating(label, y)
    if t.is_floating_point() or t.dtype == torch.bool or y.shape != t.shape:
        reject(label, "integers t of the shape of y", y, t)


def _share(y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    right = ((y.detach() >= 0) == t).sum()
    return (right.double() / (t != _IGNORED).sum().clamp(min=1)).to(y.dtype)


def binary_accuracy(y: Any, t: Any) -> Variable:
    """Return the share of labels that the sign of `y` tells, in the dtype of `y`.

    Args:
        y: Scores, floating; 0 and above means yes.
        t: Labels 0 or 1, ints of the shape of `y`; −1 does not count.
    """
    return apply("BinaryAccuracy", _share, y, t, check=_check)
