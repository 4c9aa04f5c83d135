"""Dirichlet distribution."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn, host
from catenary.distributions._kinds import Multivariate
from catenary.functions.array.expand_dims import expand_dims
from catenary.functions.math.digamma import digamma
from catenary.functions.math.exponential import log
from catenary.functions.math.lgamma import lgamma
from catenary.functions.math.sum import sum
from catenary.variable import Variable, as_variable

__all__ = ["Dirichlet"]


class Dirichlet(Multivariate):
    """Density ∝ Π xᵢ^(αᵢ−1) over vectors of sum 1.

    Args:
        alpha: α, above 0, Variable or array, floating; an event is as long as its last axis.

    Differs: samples have the dtype of `alpha`; Chainer's are float32.
    """

    support = "[0, 1]"

    def __init__(self, alpha: Any) -> None:
        self.alpha: Any = as_variable(alpha)

    @property
    def params(self) -> dict[str, Any]:
        """`alpha`."""
        return {"alpha": self.alpha}

    @property
    @once
    def alpha0(self) -> Any:
        """α₀ = Σ αᵢ."""
        return sum(self.alpha, -1)

    @property
    @once
    def _total(self) -> Any:
        return expand_dims(self.alpha0, -1)

    @property
    @once
    def _log_beta(self) -> Any:
        each: Any = sum(lgamma(self.alpha), -1)
        return each - lgamma(self.alpha0)

    @property
    @once
    def mean(self) -> Any:
        """Mean: αᵢ / α₀."""
        return self.alpha / self._total

    @property
    @once
    def variance(self) -> Any:
        """Variance: αᵢ (α₀ − αᵢ) / (α₀² (α₀ + 1))."""
        return self.alpha * (self._total - self.alpha) / self._total**2 / (self._total + 1)

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: log B(α) + (α₀ − K) ψ(α₀) − Σ (αᵢ − 1) ψ(αᵢ)."""
        each = sum((self.alpha - 1) * digamma(self.alpha), -1)
        of_all = (self.alpha0 - self.event_shape[0]) * digamma(self.alpha0)
        return self._log_beta + of_all - each

    def log_prob(self, x: Any) -> Any:
        """Return Σ (αᵢ − 1) log xᵢ − log B(α)."""
        each: Any = sum((self.alpha - 1) * log(at(x, self.alpha)), -1)
        return each - self._log_beta

    def sample_n(self, n: int) -> Any:
        """Draw vectors, one row of `alpha` after the other; they carry no gradient to it."""
        rows = host(self.alpha).reshape(-1, *self.event_shape)
        made = [numpy.random.dirichlet(row, n) for row in rows]
        vectors = numpy.array(made).reshape(len(rows), n, *self.event_shape)
        shape = (n, *self.alpha.shape)
        return Variable(drawn(vectors.swapaxes(0, 1).reshape(shape), self.alpha))


@register_kl(Dirichlet, Dirichlet)
def _kl(dist1: Any, dist2: Any) -> Any:
    apart: Any = digamma(dist1.alpha)
    apart = apart - expand_dims(digamma(dist1.alpha0), -1)
    each: Any = sum((dist1.alpha - dist2.alpha) * apart, -1)
    return each + dist2._log_beta - dist1._log_beta
