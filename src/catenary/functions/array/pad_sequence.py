"""Sequences of different lengths in one array."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.variable import Variable

__all__ = ["pad_sequence"]


def pad_sequence(xs: Any, length: int | None = None, padding: Any = 0) -> Variable:
    """Return sequences as the rows of one array, each filled up at its end.

    Args:
        xs: Sequence of Variables or arrays of one dtype, shapes (length_i, ...) that agree after
            the first axis.
        length: Length of the rows; that of the longest sequence by default.
        padding: What to fill up with.

    Returns:
        Variable of shape (number of sequences, length, ...).

    Raises:
        InvalidType: The sequences do not fit each other, or one is longer than `length`.
    """

    def check(label: str, *tensors: torch.Tensor) -> None:
        first = tensors[0]
        for t in tensors:
            if t.ndim < 1 or t.dtype != first.dtype or t.shape[1:] != first.shape[1:]:
                reject(label, "one dtype and one shape after the first axis", *tensors)
            if length is not None and len(t) > length:
                reject(label, f"at most {length} values along axis 0", t)

    def padded(*tensors: torch.Tensor) -> torch.Tensor:
        rows = torch.nn.utils.rnn.pad_sequence(list(tensors), True, padding)
        missing = 0 if length is None else length - rows.shape[1]
        if not missing:
            return rows
        border = [0] * (2 * (rows.ndim - 2)) + [0, missing]
        return torch.nn.functional.pad(rows, border, value=padding)

    return apply("PadSequence", padded, *xs, check=check)
