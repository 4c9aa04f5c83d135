"""Sequences turned into time steps, and back."""

from __future__ import annotations

import itertools
from typing import Any

import torch

from catenary.functions._apply import apply_many, reject
from catenary.variable import Variable

__all__ = ["transpose_sequence"]


def _check(label: str, *tensors: torch.Tensor) -> None:
    first = tensors[0]
    for t in tensors:
        if t.ndim < 1 or t.dtype != first.dtype or t.shape[1:] != first.shape[1:]:
            reject(label, "one dtype and one shape after the first axis", *tensors)
    if any(a.shape[0] < b.shape[0] for a, b in itertools.pairwise(tensors)):
        reject(label, "sequences from the longest to the shortest", *tensors)


def _steps(*tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
    # Between two lengths the same sequences go on, and their steps are made together.
    lengths = [t.shape[0] for t in tensors]
    ends = sorted(set(lengths))
    sizes = [end - start for start, end in itertools.pairwise((0, *ends))]
    pieces = [
        t.split_with_sizes(sizes[: ends.index(length) + 1])
        for t, length in zip(tensors, lengths, strict=True)
    ]
    steps: list[torch.Tensor] = []
    for i in range(len(sizes)):
        steps += torch.stack([piece[i] for piece in pieces if i < len(piece)], 1).unbind()
    return tuple(steps)


def transpose_sequence(xs: Any) -> tuple[Variable, ...]:
    """Return one array for each time step, of the values that the sequences have there.

    Args:
        xs: Sequence of Variables or arrays of one dtype, from the longest to the shortest, of
            shapes (length_i, ...) that agree after the first axis.
    """
    if not len(xs):
        return ()
    return apply_many("TransposeSequence", _steps, *xs, check=_check)
