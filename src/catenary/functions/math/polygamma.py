"""Polygamma functions."""

from __future__ import annotations

import math
from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions.math.digamma import digamma_tensor
from catenary.variable import Variable

__all__ = ["polygamma"]


def _check(label: str, n: torch.Tensor, x: torch.Tensor) -> None:
    floating(label, x)
    if n.is_floating_point() or n.is_complex() or n.dtype == torch.bool:
        reject(label, "orders n of an integer dtype", n, x)


def _derivatives(n: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    # ψₙ(x) = (−1)ⁿ⁺¹ n! ζ(n + 1, x), and ψ₀ is the digamma function.
    orders = [int(order) for order in n.flatten()]
    factors = [-math.factorial(order) * (-1.0) ** order for order in orders]
    factor = x.new_tensor(factors).reshape(n.shape)
    higher: torch.Tensor = factor * torch.special.zeta((n + 1).to(x), x)
    if 0 not in orders:
        return higher
    return torch.where(n == 0, digamma_tensor(x), higher)


def polygamma(n: Any, x: Any) -> Variable:
    """Return derivative number n + 1 of log Γ(x), element by element; n has no gradient.

    Args:
        n: Orders at least 0, Variable or array of an integer dtype.
        x: Variable or array, floating; the two are broadcast against each other.
    """
    return apply("polygamma", _derivatives, n, x, check=_check)
