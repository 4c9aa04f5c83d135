"""Log-normal distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn
from catenary.distributions._kinds import Univariate
from catenary.functions.math.exponential import exp, log
from catenary.functions.math.exponential_m1 import expm1
from catenary.variable import as_variable

__all__ = ["LogNormal"]

_LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)


class LogNormal(Univariate):
    """Numbers whose logarithm is normal with mean μ and standard deviation σ.

    Args:
        mu: μ, Variable or array, floating.
        sigma: σ, above 0, of the same shape and dtype.
    """

    support = "positive"

    def __init__(self, mu: Any, sigma: Any) -> None:
        self.mu: Any = as_variable(mu)
        self.sigma: Any = as_variable(sigma)

    @property
    def params(self) -> dict[str, Any]:
        """`mu` and `sigma`."""
        return {"mu": self.mu, "sigma": self.sigma}

    @property
    @once
    def _log_sigma(self) -> Any:
        return log(self.sigma)

    @property
    @once
    def mean(self) -> Any:
        """Mean: exp(μ + σ²/2)."""
        return exp(self.mu + 0.5 * self.sigma**2)

    @property
    @once
    def variance(self) -> Any:
        """Variance: exp(2μ + σ²) (exp(σ²) − 1)."""
        squared = self.sigma**2
        return exp(2 * self.mu + squared) * expm1(squared)  # type: ignore[operator]

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: ½ + ½ log 2π + log σ + μ."""
        return 0.5 + _LOG_ROOT_TWO_PI + self._log_sigma + self.mu

    def log_prob(self, x: Any) -> Any:
        """Return −(log x − μ)² / (2σ²) − log σ − log x − ½ log 2π."""
        logx: Any = log(at(x, self.mu))
        power = 0.5 * (logx - self.mu) ** 2 / self.sigma**2
        return -_LOG_ROOT_TWO_PI - self._log_sigma - logx - power

    def sample_n(self, n: int) -> Any:
        """Draw exp(μ + σ ε)."""
        eps = drawn(numpy.random.standard_normal((n, *self.batch_shape)), self.mu)
        return exp(self.sigma * eps + self.mu)


@register_kl(LogNormal, LogNormal)
def _kl(dist1: Any, dist2: Any) -> Any:
    apart = 0.5 * ((dist1.mu - dist2.mu) ** 2 + dist1.sigma**2) / dist2.sigma**2
    return apart - 0.5 + dist2._log_sigma - dist1._log_sigma
