"""NegativeSampling: one right choice against some that occur often."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary import functions
from catenary.config import config
from catenary.link import Link
from catenary.utils.walker_alias import WalkerAlias
from catenary.variable import Parameter

__all__ = ["NegativeSampling"]


class NegativeSampling(Link):
    """Vectors of choices, learnt by :func:`~catenary.functions.negative_sampling`.

    Args:
        in_size: Length of an input.
        counts: How often each choice occurs, a list of numbers.
        sample_size: Number of wrong choices an input.
        power: Wrong choices are drawn with probability ∝ countᵖᵒʷᵉʳ.
        dtype: In which the powers are computed; ``config.dtype`` by default.

    Attributes:
        W: Parameter of shape (choice, in_size), 0 at first.
        sampler: Draws wrong choices.
    """

    def __init__(
        self, in_size: int, counts: Any, sample_size: int, power: float = 0.75, dtype: Any = None
    ) -> None:
        super().__init__()
        self.sample_size = sample_size
        weights = np.array(counts, config.dtype if dtype is None else dtype)
        self.sampler = WalkerAlias(np.power(weights, weights.dtype.type(power)))
        with self.init_scope():
            self.W = Parameter(0, (len(counts), in_size))

    def forward(self, x: Any, t: Any, reduce: str = "sum", *, return_samples: bool = False) -> Any:
        """Return the loss; with `return_samples` also the choices, the right one first.

        Args:
            x: Vectors, floating, shape (batch, in_size).
            t: Right choices, int32, shape (batch,); −1 is ignored.
            reduce: ``"sum"``, or ``"no"`` for one loss a sample.
            return_samples: Return (loss, choices).
        """
        return functions.negative_sampling(
            x,
            t,
            self.W,
            self.sampler.sample,
            self.sample_size,
            reduce,
            return_samples=return_samples,
        )
