"""Borders around arrays."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.functions._apply import apply
from catenary.variable import Variable

__all__ = ["pad"]


def pad(
    x: Any, pad_width: Any, mode: str, *, constant_values: Any = 0, reflect_type: str = "even"
) -> Variable:
    """Return `x` with a border, made as `numpy.pad` makes it.

    Args:
        x: Variable or array.
        pad_width: Widths: an int for all sides, a pair (before, after) for all axes, or one pair
            for each axis.
        mode: ``"constant"``, ``"edge"``, ``"reflect"``, ``"symmetric"`` or ``"wrap"``.
        constant_values: Values of a constant border, in the forms of `pad_width`.
        reflect_type: ``"even"``, for the modes that reflect.

    Raises:
        NotImplementedError: A border that would have to be computed from the values.

    Differs:
        All modes have gradients, where Chainer has them for ``"constant"`` only.
    """
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap") or reflect_type != "even":
        raise NotImplementedError(
            f"pad cannot compute a border of mode {mode!r} and reflect_type {reflect_type!r}; "
            "it takes constant, edge, reflect, symmetric and wrap, and even reflection"
        )

    def framed(x: torch.Tensor) -> torch.Tensor:
        if mode == "constant":
            return _constant(x, pad_width, constant_values)
        widths = numpy.broadcast_to(pad_width, (x.ndim, 2))
        for axis, width in enumerate(widths):
            places = numpy.pad(numpy.arange(x.shape[axis]), width, mode)  # type: ignore[call-overload]
            x = x.index_select(axis, torch.from_numpy(places).to(x.device))
        return x

    return apply("Pad", framed, x)


def _constant(x: torch.Tensor, pad_width: Any, constant_values: Any) -> torch.Tensor:
    widths = numpy.broadcast_to(pad_width, (x.ndim, 2)).tolist()
    values = numpy.broadcast_to(constant_values, (x.ndim, 2)).tolist()
    for axis in range(x.ndim):
        for side in (0, 1):
            border = [0] * (2 * x.ndim)
            border[2 * (x.ndim - 1 - axis) + side] = widths[axis][side]
            x = torch.nn.functional.pad(x, border, value=values[axis][side])
    return x
