"""Geometric distribution."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn, host
from catenary.distributions._kinds import Univariate
from catenary.functions.math.exponential import log
from catenary.variable import Variable, as_variable

__all__ = ["Geometric"]


class Geometric(Univariate):
    """The number of trials up to the first success: k = 1, 2, ... with probability p (1 − p)^(k−1).

    Args:
        p: Probability of success, in (0, 1), Variable or array, floating.
    """

    support = "positive integer"

    def __init__(self, p: Any) -> None:
        self.p: Any = as_variable(p)

    @property
    def params(self) -> dict[str, Any]:
        """`p`."""
        return {"p": self.p}

    @property
    @once
    def _logs(self) -> Any:
        return log(self.p), log(1 - self.p)

    @property
    @once
    def mean(self) -> Any:
        """Mean: 1 / p."""
        return 1 / self.p

    @property
    @once
    def variance(self) -> Any:
        """Variance: (1 − p) / p²."""
        return (1 - self.p) / self.p**2

    def log_prob(self, x: Any) -> Any:
        """Return (x − 1) log(1 − p) + log p."""
        success, failure = self._logs
        return (at(x, self.p) - 1) * failure + success

    def sample_n(self, n: int) -> Any:
        """Draw whole numbers, in the dtype of `p`."""
        trials = numpy.random.geometric(host(self.p), (n, *self.batch_shape))
        return Variable(drawn(trials, self.p))


@register_kl(Geometric, Geometric)
def _kl(dist1: Any, dist2: Any) -> Any:
    (success1, failure1), (success2, failure2) = dist1._logs, dist2._logs
    return (1 / dist1.p - 1) * (failure1 - failure2) + success1 - success2
