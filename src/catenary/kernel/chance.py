"""Random numbers without a generator: a hash of the row, the step, the stream and the element.

The same name, step and place give the same numbers everywhere, whatever the backend and the number
of threads, so copies of a model stay equal and a resumed run goes on as it would have.
"""

from __future__ import annotations

from typing import Any

import torch

__all__ = ["FIRST", "GOLDEN", "SECOND", "key_of", "mix", "places", "sixteen_bits"]

GOLDEN = 0x9E3779B9
FIRST = 0x21F0AAAD
SECOND = 0xD35A2D97
_MASK = 0xFFFFFFFF


def mix(x: Any) -> Any:
    """Return the hash of 32 bits, held in a Python int, or in int64 by NumPy or torch.

    Source: the permutation found by C. Wellons' hash prospector (2018; these constants 2022), of
        the form of lowbias32.
    """
    x = ((x ^ (x >> 16)) * FIRST) & _MASK
    x = ((x ^ (x >> 15)) * SECOND) & _MASK
    return x ^ (x >> 15)


def key_of(pair: int, row: int, t: int) -> int:
    """Return the key of two streams in one row and step."""
    return int(mix(mix((row + GOLDEN * pair) & _MASK) ^ t))


def sixteen_bits(stream: int, row: int, t: int, place: Any) -> Any:
    """Return the random bits of elements, as whole numbers from 0 to 65535.

    Args:
        stream: Which of the step's draws; two share a hash, of which each takes half.
        row: The row's key.
        t: The number of the update.
        place: The elements' places in memory; int64, by NumPy or torch.
    """
    bits = mix(((place & _MASK) * GOLDEN + key_of(stream // 2, row, t)) & _MASK)
    return bits >> 16 if stream % 2 else bits & 0xFFFF


def places(like: torch.Tensor) -> torch.Tensor:
    """Return each element's place in memory, as if there were no holes; on the tensor's device."""
    strides = torch.empty_like(like, device="meta").stride()
    found = torch.zeros(like.shape, dtype=torch.int64, device=like.device)
    for axis, (size, stride) in enumerate(zip(like.shape, strides, strict=True)):
        along = torch.arange(size, device=like.device) * stride
        found += along.reshape([-1 if a == axis else 1 for a in range(like.ndim)])
    return found
