"""Drawing from a discrete distribution in constant time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

__all__ = ["WalkerAlias"]


class WalkerAlias:
    """Walker's alias method: a number is drawn in constant time, however many there are.

    The unit interval is divided into as many boxes as there are numbers. Each box belongs to one
    number up to a threshold and to another above it.

    Args:
        probs: Weights of the numbers 0, 1, ...; at least 0, not all 0.

    Attributes:
        threshold: Where each box changes hands, float32.
        values: The two owners of each box, side by side, int32.

    Example:
        >>> import numpy as np
        >>> np.random.seed(0)
        >>> WalkerAlias([1, 0, 3]).sample((5,)).tolist()
        [0, 2, 2, 0, 0]
    """

    use_gpu = False

    def __init__(self, probs: Sequence[float]) -> None:
        share = np.array(probs, np.float32)
        share /= share.sum()
        count = len(share)
        self.threshold = np.empty(count, np.float32)
        self.values = np.zeros(2 * count, np.int32)
        poorer = 0  # the box whose second owner is sought
        for box, (weight, number) in enumerate(sorted(zip(share, range(count), strict=True))):
            left = float(weight) * count  # in float64: how float32 would round decides boxes
            while left > 1 and poorer < box:
                self.values[2 * poorer + 1] = number
                left -= 1.0 - float(self.threshold[poorer])
                poorer += 1
            self.threshold[box] = left
            self.values[2 * box] = number

    def sample(self, shape: Any) -> Any:
        """Return numbers drawn by their weights, from NumPy's global generator.

        Args:
            shape: Shape of the result, which is int32.
        """
        point = np.random.uniform(0, len(self.threshold), shape)
        box = np.asarray(point).astype(np.int32)
        dtype = self.threshold.dtype
        above = self.threshold[box] < np.asarray(point).astype(dtype) - box.astype(dtype)
        return self.values[2 * box + above]

    def device_resident_accept(self, visitor: Any) -> None:
        """Do nothing: numbers are drawn on the CPU, whatever device their user is on."""

    def to_cpu(self) -> WalkerAlias:
        """Return the sampler itself; it draws on the CPU."""
        return self

    def to_gpu(self) -> WalkerAlias:
        """Return the sampler itself; it draws on the CPU."""
        return self
