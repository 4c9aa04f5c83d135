"""One value of each row."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["select_item"]


def _check(label: str, x: torch.Tensor, t: torch.Tensor) -> None:
    whole = not t.is_floating_point() and t.dtype != torch.bool
    if not whole or x.ndim != 2 or t.ndim != 1 or len(x) != len(t):
        reject(label, "x of shape (rows, columns) and integers t of shape (rows,)", x, t)


def _selected(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
    return x[torch.arange(len(x), device=x.device), t.long()]


def select_item(x: Any, t: Any) -> Variable:
    """Return ``x[i, t[i]]`` for each row i.

    Args:
        x: Variable or array, shape (rows, columns).
        t: Columns, ints, shape (rows,).

    Raises:
        IndexError: A column is outside `x`.
    """
    return apply("SelectItem", _selected, x, t, check=_check)
