"""One array cut into several."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.functions._apply import apply_many, reject
from catenary.variable import Variable

__all__ = ["split_axis"]


def split_axis(
    x: Any, indices_or_sections: Any, axis: int, force_tuple: bool = True
) -> Variable | tuple[Variable, ...]:
    """Cut an array along an axis; the pieces are views.

    Args:
        x: Variable or array.
        indices_or_sections: Number of equal pieces, or the ascending positions of the cuts.
        axis: Axis to cut.
        force_tuple: Return a tuple also where there is one piece.

    Raises:
        InvalidType: The axis cannot be cut into that many equal pieces, or is too short.
    """
    cuts: Any = numpy.asarray(indices_or_sections).tolist()

    def check(label: str, x: torch.Tensor) -> None:
        if not -x.ndim <= axis < x.ndim:
            reject(label, f"an axis {axis}", x)
        length = x.shape[axis]
        if isinstance(cuts, int):
            if cuts < 1 or length % cuts:
                reject(label, f"a length that {cuts} divides along axis {axis}", x)
        elif cuts and cuts[-1] > length:
            reject(label, f"at least {cuts[-1]} along axis {axis}", x)

    def pieces(x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return tuple(torch.tensor_split(x, cuts, axis))

    made = apply_many("SplitAxis", pieces, x, check=check)
    return made if force_tuple or len(made) != 1 else made[0]
