"""Gamma distribution."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn, host
from catenary.distributions._kinds import Univariate, outside
from catenary.functions.math.digamma import digamma
from catenary.functions.math.exponential import log
from catenary.functions.math.lgamma import lgamma
from catenary.variable import as_variable

__all__ = ["Gamma"]


class Gamma(Univariate):
    """Density x^(k−1) exp(−x / θ) / (Γ(k) θᵏ) on x ≥ 0.

    Args:
        k: Shape, above 0, Variable or array, floating.
        theta: θ, the scale, above 0, of the same shape and dtype.
    """

    support = "positive"

    def __init__(self, k: Any, theta: Any) -> None:
        self.k: Any = as_variable(k)
        self.theta: Any = as_variable(theta)

    @property
    def params(self) -> dict[str, Any]:
        """`k` and `theta`."""
        return {"k": self.k, "theta": self.theta}

    @property
    @once
    def _log_theta(self) -> Any:
        return log(self.theta)

    @property
    @once
    def mean(self) -> Any:
        """Mean: k θ."""
        return self.k * self.theta

    @property
    @once
    def variance(self) -> Any:
        """Variance: k θ²."""
        return self.mean * self.theta

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: k + log θ + log Γ(k) + (1 − k) ψ(k)."""
        return self.k + self._log_theta + lgamma(self.k) + (1 - self.k) * digamma(self.k)

    def log_prob(self, x: Any) -> Any:
        """Return (k − 1) log x − x / θ − k log θ − log Γ(k), −∞ below 0."""
        x = at(x, self.k)
        normalizer = lgamma(self.k) + self.k * self._log_theta
        logp = (self.k - 1) * log(x) - x / self.theta - normalizer
        return outside(x.tensor >= 0, logp, -numpy.inf)

    def sample_n(self, n: int) -> Any:
        """Draw θ ε; no gradient goes to `k`."""
        shape = (n, *self.batch_shape)
        return self.theta * drawn(numpy.random.gamma(host(self.k), size=shape), self.k)


@register_kl(Gamma, Gamma)
def _kl(dist1: Any, dist2: Any) -> Any:
    shapes = (dist1.k - dist2.k) * digamma(dist1.k) - lgamma(dist1.k) + lgamma(dist2.k)
    scales = dist2.k * (dist2._log_theta - dist1._log_theta)
    return shapes + scales + dist1.k * (dist1.theta / dist2.theta - 1)
