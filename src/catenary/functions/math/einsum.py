"""Sums of products, named by subscripts."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any

import torch

from catenary.functions._apply import apply, floating
from catenary.variable import Variable

__all__ = ["einsum"]

_LETTERS = string.ascii_uppercase + string.ascii_lowercase


def einsum(*operands: Any) -> Variable:
    """Return sums of products, as `numpy.einsum` does.

    Args:
        operands: Subscripts such as ``"ij,jk->ik"`` and one Variable or array, floating, for each
            of them; or each array followed by the list of its axes, whole numbers from 0 to 51 or
            ``...``, and perhaps a last list for the axes of the result:
            ``einsum(x, [0, 1], y, [1, 2], [0, 2])``.

    Raises:
        TypeError: If the operands are neither.
        ValueError: If an axis has no number from 0 to 51, or the subscripts do not fit the arrays.
    """
    subscripts, arrays = _spelled(operands)

    def total(*tensors: torch.Tensor) -> torch.Tensor:
        return torch.einsum(subscripts, *tensors)

    return apply("EinSum", total, *arrays, check=floating)


def _spelled(operands: Sequence[Any]) -> tuple[str, Sequence[Any]]:
    """Return the subscripts as a string, and the arrays."""
    if isinstance(operands[0], str):
        return operands[0], operands[1:]
    arrays, axes = operands[: len(operands) // 2 * 2 : 2], operands[1::2]
    subscripts = ",".join(map(_letters, axes))
    if len(operands) % 2:
        subscripts += "->" + _letters(operands[-1])
    return subscripts, arrays


def _letters(axes: Any) -> str:
    if not isinstance(axes, (list, tuple)) or not all(
        axis is ... or isinstance(axis, int) for axis in axes
    ):
        found = axes if isinstance(axes, (list, tuple)) else type(axes).__name__
        raise TypeError(
            f"einsum takes subscripts such as 'ij,jk->ik' first, or each array followed by a list "
            f"of whole numbers or ..., one an axis; in place of such a list it got {found}"
        )
    for axis in axes:
        if axis is not ... and not 0 <= axis < len(_LETTERS):
            raise ValueError(f"einsum numbers axes from 0 to {len(_LETTERS) - 1}, got {axis}")
    return "".join("..." if axis is ... else _LETTERS[axis] for axis in axes)
