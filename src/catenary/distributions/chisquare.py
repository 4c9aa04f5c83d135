"""Chi-square distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy

from catenary.distribution import once
from catenary.distributions._arrays import at, drawn, host
from catenary.distributions._kinds import Univariate
from catenary.functions.math.digamma import digamma
from catenary.functions.math.exponential import log
from catenary.functions.math.lgamma import lgamma
from catenary.variable import Variable, as_variable

__all__ = ["Chisquare"]


class Chisquare(Univariate):
    """The sum of k squared standard normal numbers: density ∝ x^(k/2−1) exp(−x/2) on x > 0.

    Args:
        k: Degrees of freedom, above 0, Variable or array, floating.
    """

    support = "positive"

    def __init__(self, k: Any) -> None:
        self.k: Any = as_variable(k)

    @property
    def params(self) -> dict[str, Any]:
        """`k`."""
        return {"k": self.k}

    @property
    @once
    def _half(self) -> Any:
        return 0.5 * self.k

    @property
    def mean(self) -> Any:
        """Mean: k."""
        return self.k

    @property
    @once
    def variance(self) -> Any:
        """Variance: 2k."""
        return 2 * self.k

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: k/2 + log 2 + log Γ(k/2) + (1 − k/2) ψ(k/2)."""
        half = self._half
        return half + math.log(2) + lgamma(half) + (1 - half) * digamma(half)

    def log_prob(self, x: Any) -> Any:
        """Return (k/2 − 1) log x − x/2 − (k/2) log 2 − log Γ(k/2)."""
        x = at(x, self.k)
        normalizer = lgamma(self._half) + self._half * math.log(2)
        return (self._half - 1) * log(x) - 0.5 * x - normalizer

    def sample_n(self, n: int) -> Any:
        """Draw numbers; they carry no gradient to the parameter."""
        eps = numpy.random.chisquare(host(self.k), (n, *self.batch_shape))
        return Variable(drawn(eps, self.k))
