"""Long short-term memory at a node of a tree."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply_many, floating, reject
from catenary.variable import Variable

__all__ = ["tree_lstm"]


def _check(label: str, *inputs: torch.Tensor) -> None:
    floating(label, *inputs)
    *cells, x = inputs
    fits = len(cells) > 0 and x.ndim >= 2
    for c in cells:
        fits = fits and c.ndim == x.ndim and c.shape[0] == x.shape[0] and c.dtype == x.dtype
        fits = fits and x.shape[1] == (3 + len(cells)) * c.shape[1] and x.shape[2:] == c.shape[2:]
    if not fits:
        reject(label, "N cells (batch, size, ...) and x (batch, (3 + N) size, ...)", *inputs)


def _step(*inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    *cells, x = inputs
    a, i, o, *forget = x.chunk(3 + len(cells), 1)
    c = torch.tanh(a) * torch.sigmoid(i)
    for f, cell in zip(forget, cells, strict=True):
        c = c + torch.sigmoid(f) * cell
    return c, torch.sigmoid(o) * torch.tanh(c)


def tree_lstm(*inputs: Any) -> tuple[Variable, Variable]:
    """Return cell and output of a node:  c = tanh(a) σ(i) + Σ σ(fₙ) cₙ,  h = σ(o) tanh(c).

    Args:
        inputs: The cells c₁, ..., c_N of the children, floating, shape (batch, size, ...); then
            the input of the gates, shape (batch, (3 + N) size, ...): a, i, o, f₁, ..., f_N.
    """
    c, h = apply_many("TreeLSTM", _step, *inputs, check=_check)
    return c, h
