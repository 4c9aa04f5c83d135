"""Beta distribution."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn, host
from catenary.distributions._kinds import Univariate, outside
from catenary.functions.math.digamma import digamma
from catenary.functions.math.exponential import log
from catenary.functions.math.lgamma import lgamma
from catenary.variable import Variable, as_variable

__all__ = ["Beta"]


class Beta(Univariate):
    """Density x^(a−1) (1 − x)^(b−1) / B(a, b) on [0, 1].

    Args:
        a: Above 0, Variable or array, floating.
        b: Above 0, of the same shape and dtype.
    """

    support = "[0, 1]"

    def __init__(self, a: Any, b: Any) -> None:
        self.a: Any = as_variable(a)
        self.b: Any = as_variable(b)

    @property
    def params(self) -> dict[str, Any]:
        """`a` and `b`."""
        return {"a": self.a, "b": self.b}

    @property
    @once
    def _sum(self) -> Any:
        return self.a + self.b

    @property
    @once
    def _log_beta(self) -> Any:
        parts: Any = lgamma(self.a)
        return parts + lgamma(self.b) - lgamma(self._sum)

    @property
    @once
    def mean(self) -> Any:
        """Mean: a / (a + b)."""
        return self.a / self._sum

    @property
    @once
    def variance(self) -> Any:
        """Variance: a b / ((a + b)² (a + b + 1))."""
        return self.a * self.b / self._sum**2 / (self._sum + 1)

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: log B(a, b) − (a − 1) ψ(a) − (b − 1) ψ(b) + (a + b − 2) ψ(a + b)."""
        each = (self.a - 1) * digamma(self.a) + (self.b - 1) * digamma(self.b)
        return self._log_beta - each + (self._sum - 2) * digamma(self._sum)

    def log_prob(self, x: Any) -> Any:
        """Return (a − 1) log x + (b − 1) log(1 − x) − log B(a, b), −∞ outside [0, 1]."""
        x = at(x, self.a)
        inside = (x.tensor >= 0) & (x.tensor <= 1)
        logp = (self.a - 1) * log(x) + (self.b - 1) * log(1 - x) - self._log_beta
        return outside(inside, logp, -numpy.inf)

    def sample_n(self, n: int) -> Any:
        """Draw numbers; they carry no gradient to the parameters."""
        shape = (n, *self.batch_shape)
        return Variable(drawn(numpy.random.beta(host(self.a), host(self.b), shape), self.a))


@register_kl(Beta, Beta)
def _kl(dist1: Any, dist2: Any) -> Any:
    return (
        dist2._log_beta
        - dist1._log_beta
        + (dist1.a - dist2.a) * digamma(dist1.a)
        + (dist1.b - dist2.b) * digamma(dist1.b)
        + (dist2._sum - dist1._sum) * digamma(dist1._sum)
    )
