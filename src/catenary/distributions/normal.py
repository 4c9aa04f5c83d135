"""Normal distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn
from catenary.distributions._kinds import Univariate
from catenary.functions.math.exponential import exp, log
from catenary.functions.math.log_ndtr import log_ndtr
from catenary.functions.math.ndtr import ndtr
from catenary.functions.math.ndtri import ndtri
from catenary.variable import as_variable

__all__ = ["Normal"]


class Normal(Univariate):
    """Density exp(−(x − μ)² / (2σ²)) / √(2πσ²).

    Args:
        loc: μ, Variable or array, floating.
        scale: σ, above 0, of the same shape and dtype.
        log_scale: log σ, given instead of `scale`.

    Raises:
        ValueError: Both `scale` and `log_scale` are given, or neither.
    """

    support = "real"

    def __init__(self, loc: Any, scale: Any = None, *, log_scale: Any = None) -> None:
        if (scale is None) == (log_scale is None):
            raise ValueError("Normal takes either scale or log_scale")
        self.loc: Any = as_variable(loc)
        self._scale = None if scale is None else as_variable(scale)
        self._log_scale = None if log_scale is None else as_variable(log_scale)

    @property
    @once
    def scale(self) -> Any:
        """σ."""
        return exp(self._log_scale) if self._scale is None else self._scale

    @property
    @once
    def log_scale(self) -> Any:
        """The logarithm, log σ."""
        return log(self._scale) if self._log_scale is None else self._log_scale

    @property
    def params(self) -> dict[str, Any]:
        """`loc` and `scale`."""
        return {"loc": self.loc, "scale": self.scale}

    @property
    def mean(self) -> Any:
        """Mean: μ."""
        return self.loc

    @property
    def stddev(self) -> Any:
        """Standard deviation: σ."""
        return self.scale

    @property
    @once
    def variance(self) -> Any:
        """Variance: σ²."""
        return self.scale**2

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: log σ + ½ log 2πe."""
        return self.log_scale + 0.5 * math.log(2 * math.pi * math.e)

    def _z(self, x: Any) -> Any:
        return (at(x, self.loc) - self.loc) / self.scale

    def _power(self, x: Any) -> Any:
        return -0.5 * (at(x, self.loc) - self.loc) ** 2 / self.variance

    def prob(self, x: Any) -> Any:
        """Return exp(−z²/2) / (σ √2π), where z = (x − μ) / σ."""
        return (2 * math.pi) ** -0.5 / self.scale * exp(self._power(x))

    def log_prob(self, x: Any) -> Any:
        """Return −z²/2 − log σ − ½ log 2π."""
        return -0.5 * math.log(2 * math.pi) - self.log_scale + self._power(x)

    def cdf(self, x: Any) -> Any:
        """Return ndtr(z)."""
        return ndtr(self._z(x))

    def log_cdf(self, x: Any) -> Any:
        """Return log ndtr(z)."""
        return log_ndtr(self._z(x))

    def icdf(self, x: Any) -> Any:
        """Return μ + σ ndtri(x)."""
        return self.loc + self.scale * ndtri(at(x, self.loc))

    def survival_function(self, x: Any) -> Any:
        """Return ndtr(−z)."""
        return ndtr(-self._z(x))

    def log_survival_function(self, x: Any) -> Any:
        """Return log ndtr(−z)."""
        return log_ndtr(-self._z(x))

    def sample_n(self, n: int) -> Any:
        """Draw μ + σ ε."""
        eps = drawn(numpy.random.standard_normal((n, *self.batch_shape)), self.loc)
        return self.loc + self.scale * eps


@register_kl(Normal, Normal)
def _kl(dist1: Any, dist2: Any) -> Any:
    apart = 0.5 * (dist1.variance + (dist1.loc - dist2.loc) ** 2) / dist2.variance
    return dist2.log_scale - dist1.log_scale + apart - 0.5
