"""Categorical distribution over one-hot vectors."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn
from catenary.distributions._kinds import Multivariate
from catenary.distributions.categorical import choices
from catenary.functions.math.exponential import log
from catenary.functions.math.sum import sum
from catenary.variable import Variable, as_variable

__all__ = ["OneHotCategorical"]


class OneHotCategorical(Multivariate):
    """The vector with a single one, at place i, with probability pᵢ.

    Args:
        p: Probabilities, each row of the last axis of sum 1, Variable or array, floating.
    """

    def __init__(self, p: Any) -> None:
        self.p: Any = as_variable(p)

    @property
    @once
    def log_p(self) -> Any:
        """Logarithms of the probabilities."""
        return log(self.p)

    @property
    def params(self) -> dict[str, Any]:
        """`p`."""
        return {"p": self.p}

    @property
    def mean(self) -> Any:
        """Mean: pᵢ."""
        return self.p

    @property
    @once
    def variance(self) -> Any:
        """Variance: pᵢ (1 − pᵢ)."""
        return self.p * (1.0 - self.p)

    def log_prob(self, x: Any) -> Any:
        """Return Σ xᵢ log pᵢ."""
        return sum(self.log_p * at(x, self.p), -1)

    def sample_n(self, n: int) -> Any:
        """Draw vectors in the dtype of `p`, one row of probabilities after the other."""
        vectors = numpy.eye(self.p.shape[-1])
        return Variable(drawn(vectors[choices(self.p, n)], self.p))


@register_kl(OneHotCategorical, OneHotCategorical)
def _kl(dist1: Any, dist2: Any) -> Any:
    return sum(dist1.p * (dist1.log_p - dist2.log_p), -1)
