"""Laplace distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn
from catenary.distributions._kinds import Univariate
from catenary.functions.activation.relu import relu
from catenary.functions.math.exponential import exp, log
from catenary.functions.math.exponential_m1 import expm1
from catenary.functions.math.logarithm_1p import log1p
from catenary.variable import as_variable

__all__ = ["Laplace"]


class Laplace(Univariate):
    """Density exp(−|x − loc| / scale) / (2 scale).

    Args:
        loc: Mean, Variable or array, floating.
        scale: Above 0, of the same shape and dtype.

    Differs: samples of float64 parameters are not rounded to float32 on the way.
    """

    support = "real"

    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc: Any = as_variable(loc)
        self.scale: Any = as_variable(scale)

    @property
    def params(self) -> dict[str, Any]:
        """`loc` and `scale`."""
        return {"loc": self.loc, "scale": self.scale}

    @property
    def mean(self) -> Any:
        """Mean: loc."""
        return self.loc

    @property
    def mode(self) -> Any:
        """Mode: loc."""
        return self.loc

    @property
    @once
    def variance(self) -> Any:
        """Variance: 2 scale²."""
        return 2 * self.scale**2

    @property
    @once
    def stddev(self) -> Any:
        """Standard deviation: √2 scale."""
        return math.sqrt(2) * self.scale

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: 1 + log(2 scale)."""
        return 1.0 + self._log_width

    @property
    @once
    def _log_width(self) -> Any:
        return log(2 * self.scale)

    def _distance(self, x: Any) -> Any:
        return abs(at(x, self.loc) - self.loc) / self.scale

    def log_prob(self, x: Any) -> Any:
        """Return −|x − loc| / scale − log(2 scale)."""
        return -self._log_width - self._distance(x)

    def prob(self, x: Any) -> Any:
        """Return exp(−|x − loc| / scale) / (2 scale)."""
        return 0.5 / self.scale * exp(-self._distance(x))

    def cdf(self, x: Any) -> Any:
        """Return exp(z) / 2 where z = (x − loc) / scale is below 0, 1 − exp(−z) / 2 elsewhere."""
        z = (at(x, self.loc) - self.loc) / self.scale
        above: Any = relu(z)
        below: Any = exp(z - above)
        return 0.5 * (below - expm1(-above))

    def icdf(self, x: Any) -> Any:
        """Return loc + scale z, where z is log(2x) below x = ½ and −log(2 − 2x) elsewhere."""
        below_half = 1 - 2 * at(x, self.loc)
        lower: Any = relu(below_half)
        left: Any = log1p(-lower)
        return self.loc + self.scale * (left - log1p(below_half - lower))

    def sample_n(self, n: int) -> Any:
        """Draw loc + scale ε."""
        eps = drawn(numpy.random.laplace(size=(n, *self.batch_shape)), self.loc)
        return self.scale * eps + self.loc


@register_kl(Laplace, Laplace)
def _kl(dist1: Any, dist2: Any) -> Any:
    apart = abs(dist1.loc - dist2.loc)
    tail = dist1.scale / dist2.scale * exp(-apart / dist1.scale)
    return dist2._log_width - dist1._log_width + apart / dist2.scale + tail - 1
