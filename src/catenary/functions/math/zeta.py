"""Hurwitz zeta function."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable, as_array

__all__ = ["zeta"]


def zeta(x: Any, q: Any) -> Variable:
    """Return Σ (k + q)⁻ˣ over k = 0, 1, ..., element by element; no gradient goes to `x`.

    Args:
        x: Exponents above 1: number, array or Variable.
        q: First bases, Variable or array, floating.
    """
    exponent = torch.as_tensor(as_array(x))

    def series(q: torch.Tensor) -> torch.Tensor:
        total: torch.Tensor = torch.special.zeta(exponent.to(q), q)
        return total

    return apply("zeta", series, q, check=floating)
