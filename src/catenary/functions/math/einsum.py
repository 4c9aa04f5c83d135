"""Sums of products, named by subscripts."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["einsum"]


def einsum(*operands: Any) -> Variable:
    """Return sums of products, as `numpy.einsum` does.

    Args:
        operands: Subscripts such as ``"ij,jk->ik"`` and one Variable or array, floating, for each
            of them.

    Differs:
        The other form, arrays with lists of axes, is not taken.
    """
    subscripts, *arrays = operands
    if not isinstance(subscripts, str):
        raise TypeError(
            f"einsum takes subscripts such as 'ij,jk->ik' first, got {type(subscripts).__name__}"
        )

    def total(*tensors: torch.Tensor) -> torch.Tensor:
        return torch.einsum(subscripts, *tensors)

    return apply("EinSum", total, *arrays, check=floating)
