"""Digamma function."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["digamma", "digamma_tensor"]


class _Digamma(torch.autograd.Function):
    """torch's digamma, whose own derivative has ten digits only."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return torch.digamma(x)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        slope: torch.Tensor = torch.special.zeta(2, x)
        return gradient * slope


def digamma_tensor(x: torch.Tensor) -> torch.Tensor:
    """Return digamma of a tensor, with a derivative of full precision."""
    value: torch.Tensor = _Digamma.apply(x)  # type: ignore[no-untyped-call]
    return value


def digamma(x: Any) -> Variable:
    """Return the derivative of log Γ(x), element by element.

    Args:
        x: Variable or array, floating, any shape.
    """
    return apply("digamma", digamma_tensor, x, check=floating)
