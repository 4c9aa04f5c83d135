"""Exponential distribution."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn
from catenary.distributions._kinds import Univariate, outside
from catenary.functions.math.exponential import log
from catenary.functions.math.exponential_m1 import expm1
from catenary.functions.math.logarithm_1p import log1p
from catenary.variable import as_variable

__all__ = ["Exponential"]


class Exponential(Univariate):
    """Density λ exp(−λ x) on x ≥ 0.

    Args:
        lam: λ, above 0, Variable or array, floating.
    """

    support = "positive"

    def __init__(self, lam: Any) -> None:
        self.lam: Any = as_variable(lam)

    @property
    def params(self) -> dict[str, Any]:
        """`lam`."""
        return {"lam": self.lam}

    @property
    @once
    def _log_lam(self) -> Any:
        return log(self.lam)

    @property
    @once
    def mean(self) -> Any:
        """Mean: 1 / λ."""
        return 1 / self.lam

    @property
    @once
    def variance(self) -> Any:
        """Variance: 1 / λ²."""
        return self.mean**2

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: 1 − log λ."""
        return 1 - self._log_lam

    def log_prob(self, x: Any) -> Any:
        """Return log λ − λ x, −∞ below 0."""
        x = at(x, self.lam)
        return outside(x.tensor >= 0, self._log_lam - self.lam * x, -numpy.inf)

    def cdf(self, x: Any) -> Any:
        """Return 1 − exp(−λ x)."""
        below: Any = expm1(-self.lam * at(x, self.lam))
        return -below

    def icdf(self, x: Any) -> Any:
        """Return −log(1 − x) / λ."""
        return -1 / self.lam * log1p(-at(x, self.lam))

    def sample_n(self, n: int) -> Any:
        """Draw ε / λ."""
        eps: Any = drawn(numpy.random.standard_exponential((n, *self.batch_shape)), self.lam)
        return eps / self.lam


@register_kl(Exponential, Exponential)
def _kl(dist1: Any, dist2: Any) -> Any:
    return dist1._log_lam - dist2._log_lam + dist2.lam / dist1.lam - 1.0
