"""Rows of a table chosen by number."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions._outside import outside
from catenary.variable import Variable

__all__ = ["embed_id"]


def _check(label: str, x: torch.Tensor, W: torch.Tensor) -> None:
    floating(label, W)
    counts = not (x.is_floating_point() or x.is_complex() or x.dtype == torch.bool)
    if not counts or x.ndim < 1 or W.ndim != 2:
        reject(label, "integers x with at least one axis and a table W of two axes", x, W)


def _chosen(numbers: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
    try:
        return torch.nn.functional.embedding(numbers, W)
    except IndexError as error:
        raise outside("EmbedIDFunction", "x", numbers, len(W), "rows of W") from error


def embed_id(x: Any, W: Any, ignore_label: int | None = None) -> Variable:
    """Return the rows of `W` that `x` numbers.

    Args:
        x: Variable or array of ints, at least one axis.
        W: Table, shape (rows, width).
        ignore_label: Number whose row is zeros and has no gradient.

    Returns:
        Variable of shape (*x.shape, width).

    Raises:
        IndexError: A number is outside the table.
    """

    def rows(x: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
        numbers = x.long()
        if ignore_label is None:
            return _chosen(numbers, W)
        ignored = numbers == ignore_label
        chosen = _chosen(numbers.masked_fill(ignored, 0), W)
        return chosen.masked_fill(ignored.unsqueeze(-1), 0)

    return apply("EmbedIDFunction", rows, x, W, check=_check)
