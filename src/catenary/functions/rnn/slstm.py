"""Long short-term memory over two inputs, one step."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply_many, floating, reject
from catenary.variable import Variable

__all__ = ["slstm"]


def _check(label: str, *inputs: torch.Tensor) -> None:
    floating(label, *inputs)
    c1, c2, x1, x2 = inputs
    fits = c1.shape == c2.shape and x1.shape == x2.shape and c1.ndim == x1.ndim >= 2
    fits = fits and x1.shape[0] == c1.shape[0] and x1.shape[1] == 4 * c1.shape[1]
    if not fits or x1.shape[2:] != c1.shape[2:] or len({t.dtype for t in inputs}) > 1:
        reject(label, "two cells (batch, size, ...) and two inputs (batch, 4 size, ...)", *inputs)


def _step(
    c1: torch.Tensor, c2: torch.Tensor, x1: torch.Tensor, x2: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    cell, opened = torch.zeros_like(c1), torch.zeros_like(c1)
    for c_prev, x in ((c1, x1), (c2, x2)):
        a, i, f, o = x.reshape((x.shape[0], -1, 4, *x.shape[2:])).unbind(2)
        cell = cell + torch.tanh(a) * torch.sigmoid(i) + torch.sigmoid(f) * c_prev
        opened = opened + o
    return cell, torch.sigmoid(opened) * torch.tanh(cell)


def slstm(c_prev1: Any, c_prev2: Any, x1: Any, x2: Any) -> tuple[Variable, Variable]:
    """Return the next cell and the output of a memory that joins two.

    c = tanh(a₁) σ(i₁) + σ(f₁) c₁ + tanh(a₂) σ(i₂) + σ(f₂) c₂,  h = σ(o₁ + o₂) tanh(c)

    Args:
        c_prev1: Cell c₁, floating, shape (batch, size, ...).
        c_prev2: Cell c₂, of the same shape.
        x1: Input of the first gates, shape (batch, 4 size, ...): a, i, f, o side by side.
        x2: Input of the second gates.
    """
    c, h = apply_many("SLSTM", _step, c_prev1, c_prev2, x1, x2, check=_check)
    return c, h
