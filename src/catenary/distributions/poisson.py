"""Poisson distribution."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.backends.memory import tensor_of
from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, host
from catenary.distributions._kinds import Univariate
from catenary.functions.math.exponential import log
from catenary.functions.math.lgamma import lgamma
from catenary.variable import Variable, as_variable

__all__ = ["Poisson"]


class Poisson(Univariate):
    """Number x = 0, 1, ... with probability λˣ exp(−λ) / x!.

    Args:
        lam: λ, above 0, Variable or array, floating.
    """

    support = "non negative integer"

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
    def mean(self) -> Any:
        """Mean: λ."""
        return self.lam

    @property
    def variance(self) -> Any:
        """Variance: λ."""
        return self.lam

    def log_prob(self, x: Any) -> Any:
        """Return x log λ − log x! − λ; `x` holds whole numbers and gets no gradient."""
        x = x.tensor if isinstance(x, Variable) else x
        x = at(x, self.lam)
        return x * self._log_lam - lgamma(x + 1) - self.lam

    def sample_n(self, n: int) -> Any:
        """Draw whole numbers, float32."""
        counts = numpy.random.poisson(host(self.lam), (n, *self.batch_shape)).astype("float32")
        return Variable(tensor_of(counts).to(self.lam.tensor.device))


@register_kl(Poisson, Poisson)
def _kl(dist1: Any, dist2: Any) -> Any:
    return dist1.lam * (dist1._log_lam - dist2._log_lam) - dist1.lam + dist2.lam
