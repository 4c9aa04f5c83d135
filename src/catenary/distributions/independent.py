"""Several distributions seen as one over all their events at once."""

from __future__ import annotations

import math
from typing import Any

from catenary.distribution import Distribution, kl_divergence, once, register_kl
from catenary.functions.math.prod import prod
from catenary.functions.math.sum import sum
from catenary.variable import as_variable

__all__ = ["Independent"]


class Independent(Distribution):
    """A distribution whose last batch axes count as axes of the event.

    Args:
        distribution: The distribution, whose batch is split.
        reinterpreted_batch_ndims: How many of its last batch axes join the event; by default all
            but the first.

    Raises:
        ValueError: The batch has fewer axes.
    """

    def __init__(
        self, distribution: Distribution, reinterpreted_batch_ndims: int | None = None
    ) -> None:
        batch = distribution.batch_shape
        if reinterpreted_batch_ndims is None:
            reinterpreted_batch_ndims = max(0, len(batch) - 1)
        if not 0 <= reinterpreted_batch_ndims <= len(batch):
            raise ValueError(
                f"reinterpreted_batch_ndims is {reinterpreted_batch_ndims}, but the distribution's "
                f"batch, of shape {batch}, has {len(batch)} axes"
            )
        self._distribution = distribution
        self._joined = reinterpreted_batch_ndims

    @property
    def distribution(self) -> Distribution:
        """The distribution whose batch is split."""
        return self._distribution

    @property
    def reinterpreted_batch_ndims(self) -> int:
        """How many of its last batch axes join the event."""
        return self._joined

    @property
    def _axes(self) -> tuple[int, ...]:
        return tuple(range(-self._joined, 0))

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Batch axes that are left."""
        batch = self._distribution.batch_shape
        return batch[: len(batch) - self._joined]

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Batch axes that joined, and the event's own."""
        batch = self._distribution.batch_shape
        return batch[len(batch) - self._joined :] + self._distribution.event_shape

    @property
    def params(self) -> dict[str, Any]:
        """The distribution's."""
        return self._distribution.params

    @property
    def support(self) -> str:
        """The distribution's."""
        return self._distribution.support

    @property
    def xp(self) -> Any:
        """The distribution's."""
        return self._distribution.xp

    @property
    def mean(self) -> Any:
        """The distribution's."""
        return self._distribution.mean

    @property
    def mode(self) -> Any:
        """The distribution's."""
        return self._distribution.mode

    @property
    def variance(self) -> Any:
        """The distribution's."""
        return self._distribution.variance

    @property
    def stddev(self) -> Any:
        """The distribution's."""
        return self._distribution.stddev

    @property
    @once
    def covariance(self) -> Any:
        """Block diagonal: the distribution's covariances, one after the other."""
        size = math.prod(self._distribution.event_shape)
        copies = math.prod(self.event_shape) // size
        blocks = self._distribution.covariance
        rows = blocks.reshape((*self.batch_shape, copies, size, 1, size))
        diagonal = blocks.tensor.new_ones(copies).diag().reshape(copies, 1, copies, 1)
        whole: Any = rows * as_variable(diagonal)
        return whole.reshape((*self.batch_shape, copies * size, copies * size))

    @property
    def entropy(self) -> Any:
        """Sum of the entropies."""
        return sum(self._distribution.entropy, self._axes)

    def prob(self, x: Any) -> Any:
        """Return the product of the densities."""
        return prod(self._distribution.prob(x), self._axes)

    def log_prob(self, x: Any) -> Any:
        """Return the sum of their logarithms."""
        return sum(self._distribution.log_prob(x), self._axes)

    def cdf(self, x: Any) -> Any:
        """Return the probability that every number is at most its `x`."""
        return prod(self._distribution.cdf(x), self._axes)

    def log_cdf(self, x: Any) -> Any:
        """Return its logarithm."""
        return sum(self._distribution.log_cdf(x), self._axes)

    def icdf(self, x: Any) -> Any:
        """Refuse: many points have the same probability below them.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError(
            "the distribution function of several variables has no inverse; "
            "use distribution.icdf, which has one an element"
        )

    def survival_function(self, x: Any) -> Any:
        """Return the probability that every number is more than its `x`."""
        return prod(self._distribution.survival_function(x), self._axes)

    def log_survival_function(self, x: Any) -> Any:
        """Return its logarithm."""
        return sum(self._distribution.log_survival_function(x), self._axes)

    def perplexity(self, x: Any) -> Any:
        """Return the product of the perplexities."""
        return prod(self._distribution.perplexity(x), self._axes)

    def sample_n(self, n: int) -> Any:
        """Draw from the distribution."""
        return self._distribution.sample_n(n)


@register_kl(Independent, Independent)
def _kl(dist1: Independent, dist2: Independent) -> Any:
    p, q = dist1.distribution, dist2.distribution
    if dist1.event_shape != dist2.event_shape:
        raise ValueError(
            f"a divergence needs events of one shape, got {dist1.event_shape} "
            f"and {dist2.event_shape}"
        )
    if p.event_shape != q.event_shape:
        raise NotImplementedError(
            f"events of the distributions inside have shapes {p.event_shape} and {q.event_shape}; "
            "there is no divergence for that"
        )
    return sum(kl_divergence(p, q), dist1._axes)
