"""Numbers that choose among what is there, and lie outside of it."""

from __future__ import annotations

import torch

__all__ = ["outside"]


def outside(label: str, name: str, numbers: torch.Tensor, count: int, what: str) -> IndexError:
    """Return the error that tells which number is wrong, for where torch says only that one is.

    Args:
        label: Name of the operation.
        name: Name of the argument that holds the numbers.
        numbers: Ints, of which one at least is none of 0 to `count` − 1.
        count: How many there are to choose from.
        what: What they are, in the plural.
    """
    wrong = numbers[(numbers < 0) | (numbers >= count)]
    return IndexError(
        f"{label}: {name} holds {int(wrong[0])}, and there are {count} {what}, 0 to {count - 1}"
    )
