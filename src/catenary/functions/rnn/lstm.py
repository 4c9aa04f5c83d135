"""Long short-term memory, one step."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply_many, floating, reject
from catenary.variable import Variable

__all__ = ["lstm"]


def _check(label: str, c_prev: torch.Tensor, x: torch.Tensor) -> None:
    floating(label, x)
    cells, gates = c_prev.shape, x.shape
    fits = len(cells) == len(gates) > 1 and gates[0] <= cells[0] and gates[1] == 4 * cells[1]
    if not fits or cells[2:] != gates[2:] or x.dtype != c_prev.dtype:
        reject(label, "c_prev (batch, size, ...) and x (batch, 4 size, ...)", c_prev, x)


def _step(c_prev: torch.Tensor, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    batch, _, *rest = x.shape
    # Gate by gate in memory: torch computes σ and tanh in vectors there, and one by one elsewhere.
    gates = x.reshape((batch, -1, 4, *rest)).movedim(2, 0).contiguous()
    a, i, f, o = gates.unbind()
    all_go = len(c_prev) == batch
    going = c_prev if all_go else c_prev[:batch]
    c = torch.addcmul(torch.tanh(a) * torch.sigmoid(i), torch.sigmoid(f), going)
    h = torch.sigmoid(o) * torch.tanh(c)
    return c if all_go else torch.cat((c, c_prev[batch:])), h


def lstm(c_prev: Any, x: Any) -> tuple[Variable, Variable]:
    """Return the next cell and the output:  c = tanh(a) σ(i) + σ(f) c_prev,  h = σ(o) tanh(c).

    Args:
        c_prev: Cell, floating, shape (batch, size, ...).
        x: Input of the gates, shape (batch, 4 size, ...): a, i, f and o of each unit side by side.
            It may have fewer samples; the cells of the others stay as they are.
    """
    c, h = apply_many("LSTM", _step, c_prev, x, check=_check)
    return c, h


def _extract_gates(x: Any) -> list[Any]:
    """Return a, i, f and o of an array or Variable, each (batch, size, ...); programs import it."""
    gates = x.reshape((x.shape[0], x.shape[1] // 4, 4, *x.shape[2:]))
    return [gates[:, :, i] for i in range(4)]
