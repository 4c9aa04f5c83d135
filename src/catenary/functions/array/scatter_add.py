"""Addition at chosen places."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.functions.array.get_item import forward_steps, plain_index
from catenary.variable import Variable

__all__ = ["scatter_add"]


def scatter_add(a: Any, slices: Any, b: Any) -> Variable:
    """Return `a` with `b` added at ``a[slices]``; a place named twice receives both.

    Args:
        a: Variable or array.
        slices: As for :func:`catenary.functions.get_item`.
        b: Variable or array of the shape of ``a[slices]``, cast to the dtype of `a`.

    Raises:
        ValueError: `b` has another shape.
    """

    def added(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        numbers = torch.arange(a.numel(), device=a.device).reshape(a.shape)
        places = forward_steps(numbers, plain_index(slices))
        if places.shape != b.shape:
            shapes = f"{tuple(b.shape)}, the places {tuple(places.shape)}"
            raise ValueError(f"scatter_add does not broadcast: b has shape {shapes}")
        return a.flatten().index_add(0, places.flatten(), b.to(a.dtype).flatten()).reshape(a.shape)

    return apply("ScatterAdd", added, a, b)
