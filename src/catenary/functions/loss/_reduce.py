"""The `reduce` argument of losses."""

from __future__ import annotations

from catenary.functions.math.average import average
from catenary.functions.math.sum import sum
from catenary.variable import Variable

__all__ = ["reduced"]


def reduced(loss: Variable, reduce: str) -> Variable:
    """Return the sum or the mean of `loss`, or itself.

    Raises:
        ValueError: `reduce` is not ``"sum"``, ``"mean"`` or ``"no"``.
    """
    if reduce == "no":
        return loss
    if reduce == "sum":
        return sum(loss)
    if reduce == "mean":
        return average(loss)
    raise ValueError(f"reduce must be 'sum', 'mean' or 'no', got {reduce!r}")
