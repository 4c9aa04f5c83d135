"""BlackOut: a softmax over one right choice and some that occur often."""

from __future__ import annotations

from typing import Any

from catenary import functions
from catenary.link import Link
from catenary.utils.walker_alias import WalkerAlias
from catenary.variable import Parameter, Variable

__all__ = ["BlackOut"]


class BlackOut(Link):
    """Vectors of choices, learnt by :func:`~catenary.functions.black_out`.

    Args:
        in_size: Length of an input.
        counts: How often each choice occurs, a list of numbers.
        sample_size: Number of wrong choices an input.

    Attributes:
        W: Parameter of shape (choice, in_size).
        sample_data: Array of choices to take instead of drawing, or None.

    Differs: `W` is 0 at first; Chainer leaves it NaN.
    """

    sample_data: Any = None

    def __init__(self, in_size: int, counts: Any, sample_size: int) -> None:
        super().__init__()
        self.sampler = WalkerAlias(counts)
        self.sample_size = sample_size
        with self.init_scope():
            self.W = Parameter(0, (len(counts), in_size))

    def forward(self, x: Any, t: Any) -> Variable:
        """Return the mean loss.

        Args:
            x: Vectors, floating, shape (batch, in_size).
            t: Right choices, ints, shape (batch,).
        """
        samples = self.sample_data
        if samples is None:
            samples = self.sampler.sample((len(x), self.sample_size))
        return functions.black_out(x, t, self.W, self.device.send(samples))
