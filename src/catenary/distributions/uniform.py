"""Uniform distribution."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn
from catenary.distributions._kinds import Univariate, outside
from catenary.functions.math.clip import clip
from catenary.functions.math.exponential import log
from catenary.functions.math.sqrt import sqrt
from catenary.variable import as_variable

__all__ = ["Uniform"]


class Uniform(Univariate):
    """Density 1 / (high − low) on [low, high].

    Args:
        low: Least value, Variable or array, floating.
        high: Greatest value, of the same shape and dtype.
        loc: Least value, given with `scale` instead of `low` and `high`.
        scale: Length of the interval, above 0.

    Raises:
        ValueError: Neither `low` and `high` nor `loc` and `scale` are given, or all of them.
    """

    support = "[low, high]"

    def __init__(
        self, *, low: Any = None, high: Any = None, loc: Any = None, scale: Any = None
    ) -> None:
        self._by_ends = low is not None and high is not None
        if self._by_ends == (loc is not None and scale is not None):
            raise ValueError("Uniform takes either low and high or loc and scale")
        self.low: Any = as_variable(low if self._by_ends else loc)
        self.loc: Any = self.low
        self._other: Any = as_variable(high if self._by_ends else scale)

    @property
    @once
    def high(self) -> Any:
        """Greatest value."""
        return self._other if self._by_ends else self.loc + self._other

    @property
    @once
    def scale(self) -> Any:
        """Length of the interval."""
        return self._other - self.low if self._by_ends else self._other

    @property
    def params(self) -> dict[str, Any]:
        """What was given: `low` and `high`, or `loc` and `scale`."""
        names = ("low", "high") if self._by_ends else ("loc", "scale")
        return {name: getattr(self, name) for name in names}

    @property
    @once
    def mean(self) -> Any:
        """Mean: (low + high) / 2."""
        return (self.high + self.low) / 2

    @property
    @once
    def variance(self) -> Any:
        """Variance: scale² / 12."""
        return self.scale**2 / 12

    @property
    @once
    def stddev(self) -> Any:
        """Standard deviation: scale / √12."""
        return sqrt(self.variance)

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: log(scale)."""
        return log(self.scale)

    def log_prob(self, x: Any) -> Any:
        """Return −log(scale), −∞ outside of [low, high]."""
        point = at(x, self.low).tensor
        inside = (point >= self.low.tensor) & (point <= self.high.tensor)
        return outside(inside, -self.entropy, -numpy.inf)

    def cdf(self, x: Any) -> Any:
        """Return (x − low) / scale, limited to [0, 1]."""
        return clip((at(x, self.low) - self.loc) / self.scale, 0.0, 1.0)

    def icdf(self, x: Any) -> Any:
        """Return low + scale x."""
        return at(x, self.low) * self.scale + self.loc

    def sample_n(self, n: int) -> Any:
        """Draw low + scale ε."""
        return self.icdf(drawn(numpy.random.uniform(0, 1, (n, *self.batch_shape)), self.low))


@register_kl(Uniform, Uniform)
def _kl(dist1: Any, dist2: Any) -> Any:
    within = (dist1.high.tensor <= dist2.high.tensor) & (dist1.low.tensor >= dist2.low.tensor)
    return outside(within, dist2.entropy - dist1.entropy, numpy.inf)
