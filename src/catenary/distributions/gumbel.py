"""Gumbel distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn
from catenary.distributions._kinds import Univariate
from catenary.functions.math.exponential import exp, log
from catenary.functions.math.lgamma import lgamma
from catenary.variable import as_variable

__all__ = ["Gumbel"]


class Gumbel(Univariate):
    """Density exp(−z − exp(−z)) / scale, where z = (x − loc) / scale.

    Args:
        loc: Mode, Variable or array, floating.
        scale: Above 0, of the same shape and dtype.
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
    @once
    def _log_scale(self) -> Any:
        return log(self.scale)

    @property
    @once
    def mean(self) -> Any:
        """Mean: loc + γ scale, where γ is Euler's constant."""
        return self.loc + numpy.euler_gamma * self.scale

    @property
    @once
    def variance(self) -> Any:
        """Variance: π² scale² / 6."""
        return (math.pi**2 / 6) * self.scale**2

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: log scale + γ + 1."""
        return self._log_scale + (numpy.euler_gamma + 1)

    def log_prob(self, x: Any) -> Any:
        """Return −log scale − z − exp(−z)."""
        z = (at(x, self.loc) - self.loc) / self.scale
        return -self._log_scale - z - exp(-z)

    def sample_n(self, n: int) -> Any:
        """Draw loc + scale ε."""
        eps = drawn(numpy.random.gumbel(size=(n, *self.batch_shape)), self.loc)
        return self.scale * eps + self.loc


@register_kl(Gumbel, Gumbel)
def _kl(dist1: Any, dist2: Any) -> Any:
    ratio = dist1.scale / dist2.scale
    apart = (dist1.loc - dist2.loc) / dist2.scale
    # E exp(−z₂) under the first distribution is exp(−apart) Γ(ratio + 1).
    tail: Any = exp(lgamma(ratio + 1.0) - apart)
    scales = dist2._log_scale - dist1._log_scale + numpy.euler_gamma * (ratio - 1.0)
    return scales + tail - 1 + apart
