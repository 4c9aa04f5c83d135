"""Indexing."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.functions._apply import apply
from catenary.variable import Variable, as_array

__all__ = ["forward_steps", "get_item", "plain_index"]


def get_item(x: Any, slices: Any) -> Variable:
    """Return what indexing an array with `slices` returns.

    Args:
        x: Variable or array.
        slices: Ints, slices (also with negative steps), None, Ellipsis, lists or arrays of ints or
            booleans, or a tuple of them. A list of ints selects rows.
    """

    def item(x: torch.Tensor) -> torch.Tensor:
        return forward_steps(x, plain_index(slices))

    return apply("GetItem", item, x)


def plain_index(slices: Any) -> tuple[Any, ...]:
    """Return what stands between the brackets, in torch's words."""
    if isinstance(slices, list):
        parts = (slices,) if all(isinstance(s, int) for s in slices) else tuple(slices)
    else:
        parts = slices if isinstance(slices, tuple) else (slices,)
    return tuple(_plain(part) for part in parts)


def _plain(part: Any) -> Any:
    """Return an index in torch's words."""
    if part is None or part is Ellipsis or isinstance(part, (slice, int)):
        return part
    part = as_array(part)
    if isinstance(part, numpy.integer):
        return int(part)
    if isinstance(part, torch.Tensor):
        return part
    array = numpy.asarray(part)
    tensor = tensor_of(array if array.size else array.astype(numpy.int64))
    return tensor if tensor.dtype == torch.bool else tensor.long()


def forward_steps(x: torch.Tensor, parts: tuple[Any, ...]) -> torch.Tensor:
    """Index `x`; slices that run backward, which torch refuses, are selected beforehand."""
    if not any(isinstance(p, slice) and p.step is not None and p.step < 0 for p in parts):
        return x[parts]
    done = list(parts)
    consumed = [_axes_of(part) for part in parts]
    missing = x.ndim - sum(consumed)
    axis = 0
    for place, part in enumerate(parts):
        if isinstance(part, slice) and part.step is not None and part.step < 0:
            positions = range(*part.indices(x.shape[axis]))
            x = x.index_select(axis, torch.tensor(positions, dtype=torch.long, device=x.device))
            done[place] = slice(None)
        axis += missing if part is Ellipsis else consumed[place]
    return x[tuple(done)]


def _axes_of(part: Any) -> int:
    """Return how many axes an index takes."""
    if part is None or part is Ellipsis:
        return 0
    if isinstance(part, torch.Tensor) and part.dtype == torch.bool:
        return part.ndim
    return 1
