"""Views of memory with other strides."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply
from catenary.variable import Variable

__all__ = ["as_strided"]


def as_strided(x: Any, shape: Any, strides: Any, storage_offset: int | None = None) -> Variable:
    """Return a view of the memory of `x`, whatever the shape of `x` is.

    Args:
        x: Variable or array.
        shape: Shape of the view, a tuple.
        strides: Steps along its axes in elements, a tuple; negative ones run backward.
        storage_offset: Place of its first element; that of `x` by default.

    Raises:
        ValueError: The view would leave the memory.

    Differs: where `x` is made from an array that is a view itself, the memory begins where that
    view begins.
    """
    shape, strides = tuple(shape), tuple(strides)
    backward = [axis for axis, step in enumerate(strides) if step < 0]

    def view(x: torch.Tensor) -> torch.Tensor:
        first = x.storage_offset() if storage_offset is None else storage_offset
        ends = [(length - 1) * step for length, step in zip(shape, strides, strict=True)]
        least = first + sum(end for end in ends if end < 0)
        last = first + sum(end for end in ends if end > 0)
        size = x.untyped_storage().nbytes() // x.element_size()
        if 0 not in shape and (least < 0 or last >= size):
            raise ValueError(
                f"a view of shape {shape} with strides {strides} from element {first} on reaches "
                f"from {least} to {last}; the memory has {size} elements"
            )
        steps = tuple(abs(step) for step in strides)
        forward = x.as_strided(shape, steps, max(least, 0))
        return forward.flip(backward) if backward else forward

    return apply("AsStrided", view, x)
