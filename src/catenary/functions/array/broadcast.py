"""Arrays repeated to a common shape, without copies."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, apply_many
from catenary.variable import Variable, as_variable

__all__ = ["broadcast", "broadcast_to"]


def broadcast(*args: Any) -> Variable | tuple[Variable, ...]:
    """Return the arguments in their common shape; one alone is not wrapped in a tuple.

    Args:
        args: Variables or arrays whose shapes broadcast.
    """
    if len(args) == 1:
        return as_variable(args[0])

    def views(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(torch.broadcast_tensors(*tensors))  # type: ignore[no-untyped-call]

    return apply_many("Broadcast", views, *args)


def broadcast_to(x: Any, shape: Any) -> Variable:
    """Return `x` repeated to a shape.

    Args:
        x: Variable or array.
        shape: Tuple of ints.
    """
    shape = tuple(shape)
    if tuple(x.shape) == shape:
        return as_variable(x)

    def view(x: torch.Tensor) -> torch.Tensor:
        return x.broadcast_to(shape)

    return apply("BroadcastTo", view, x)
