"""Pareto distribution."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn, host
from catenary.distributions._kinds import Univariate, outside
from catenary.functions.math.exponential import log
from catenary.variable import as_variable

__all__ = ["Pareto"]


class Pareto(Univariate):
    """Density α scale^α / x^(α+1) on x ≥ scale.

    Args:
        scale: Least value, above 0, Variable or array, floating.
        alpha: α, above 0, of the same shape and dtype.
    """

    support = "[scale, inf]"

    def __init__(self, scale: Any, alpha: Any) -> None:
        self.scale: Any = as_variable(scale)
        self.alpha: Any = as_variable(alpha)

    @property
    def params(self) -> dict[str, Any]:
        """`scale` and `alpha`."""
        return {"scale": self.scale, "alpha": self.alpha}

    @property
    @once
    def _log_scale(self) -> Any:
        return log(self.scale)

    @property
    @once
    def _log_alpha(self) -> Any:
        return log(self.alpha)

    @property
    @once
    def mean(self) -> Any:
        """Mean: α scale / (α − 1), ∞ where α ≤ 1."""
        mean = self.alpha * self.scale / (self.alpha - 1)
        return outside(self.alpha.tensor > 1, mean, numpy.inf)

    @property
    @once
    def variance(self) -> Any:
        """Variance: α scale² / ((α − 1)² (α − 2)), ∞ where α ≤ 2."""
        variance = self.scale**2 * self.alpha / (self.alpha - 1) ** 2 / (self.alpha - 2)
        return outside(self.alpha.tensor > 2, variance, numpy.inf)

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: log(scale / α) + 1 / α + 1."""
        return self._log_scale - self._log_alpha + 1.0 / self.alpha + 1.0

    def log_prob(self, x: Any) -> Any:
        """Return log α + α log scale − (α + 1) log x, −∞ below `scale`."""
        x = at(x, self.scale)
        logp = self._log_alpha + self.alpha * self._log_scale - (self.alpha + 1) * log(x)
        return outside(x.tensor >= self.scale.tensor, logp, -numpy.inf)

    def sample_n(self, n: int) -> Any:
        """Draw scale (ε + 1); no gradient goes to `alpha`."""
        eps = drawn(numpy.random.pareto(host(self.alpha), (n, *self.batch_shape)), self.alpha)
        return self.scale * (eps + 1)


@register_kl(Pareto, Pareto)
def _kl(dist1: Any, dist2: Any) -> Any:
    scales = dist2.alpha * (dist1._log_scale - dist2._log_scale)
    shapes = dist1._log_alpha - dist2._log_alpha + (dist2.alpha - dist1.alpha) / dist1.alpha
    return outside(dist1.scale.tensor >= dist2.scale.tensor, scales + shapes, numpy.inf)
