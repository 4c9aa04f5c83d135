"""Bernoulli distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy
import torch

from catenary.backends.memory import tensor_of
from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, host
from catenary.distributions._kinds import Univariate, outside, xlogx
from catenary.functions._apply import apply
from catenary.functions.activation.sigmoid import sigmoid
from catenary.functions.activation.softplus import softplus
from catenary.functions.math.exponential import log
from catenary.functions.math.logarithm_1p import log1p
from catenary.variable import Variable, as_variable

__all__ = ["Bernoulli"]


class Bernoulli(Univariate):
    """One with probability p, and otherwise 0; logit = log(p / (1 − p)).

    Args:
        p: Probability of 1, in [0, 1], Variable or array, floating.
        logit: The logit, given instead of `p`; ±∞ is allowed.
        binary_check: Whether points other than 0 and 1 have probability 0. By default the
            formulas are extended to the numbers between them.

    Raises:
        ValueError: Both `p` and `logit` are given, or neither.
    """

    support = "{0, 1}"

    def __init__(self, p: Any = None, logit: Any = None, binary_check: bool = False) -> None:
        if (p is None) == (logit is None):
            raise ValueError("Bernoulli takes either p or logit")
        self._p = None if p is None else as_variable(p)
        self._logit = None if logit is None else as_variable(logit)
        self.binary_check = binary_check

    @property
    @once
    def p(self) -> Any:
        """Probability of 1."""
        return sigmoid(self._logit) if self._p is None else self._p

    @property
    @once
    def logit(self) -> Any:
        """The logit, log p − log(1 − p)."""
        if self._logit is not None:
            return self._logit
        odds: Any = log(self.p)
        return odds - log1p(-self.p)

    @property
    def params(self) -> dict[str, Any]:
        """The logit."""
        return {"logit": self.logit}

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of what was given."""
        given: Any = self._logit if self._p is None else self._p
        return tuple(given.shape)

    @property
    def mean(self) -> Any:
        """Mean: p."""
        return self.p

    @property
    @once
    def variance(self) -> Any:
        """Variance: p (1 − p)."""
        return self.p * (1 - self.p)

    @property
    @once
    def stddev(self) -> Any:
        """Standard deviation: √(p (1 − p))."""
        return self.variance**0.5

    @property
    def entropy(self) -> Any:
        """Entropy: −p log p − (1 − p) log(1 − p), 0 where p is 0 or 1."""
        return -xlogx(self.p) - xlogx(1 - self.p)

    def log_prob(self, x: Any) -> Any:
        """Return x log p + (1 − x) log(1 − p); no gradient goes to `x`.

        The gradient is NaN where the logit is infinite, and where `binary_check` finds neither 0
        nor 1.
        """
        return apply("BernoulliLogProb", self._log_prob, self.logit, at(x, self.logit))

    def _log_prob(self, logit: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        x = x.detach()
        logit, x = torch.broadcast_tensors(logit, x)  # type: ignore[no-untyped-call]
        infinite = logit.isinf()
        invalid = (x != 0) & (x != 1) if self.binary_check else torch.zeros_like(infinite)
        if logit.requires_grad:
            logit = logit.view_as(logit)
            undefined = infinite | invalid
            logit.register_hook(  # type: ignore[no-untyped-call]
                lambda gradient: gradient.masked_fill(undefined, math.nan)
            )
        y = logit * (x - 1) - torch.nn.functional.softplus(-logit)
        y = torch.where(infinite, torch.where(logit > 0, torch.log(x), torch.log1p(-x)), y)
        return y.masked_fill(invalid, -math.inf)

    def prob(self, x: Any) -> Any:
        """Return x p + (1 − x) (1 − p)."""
        x = at(x, self.p)
        prob = x * self.p + (1 - x) * (1 - self.p)
        return outside((x.tensor == 0) | (x.tensor == 1), prob, 0) if self.binary_check else prob

    def sample_n(self, n: int) -> Any:
        """Draw zeros and ones, int64."""
        ones = numpy.random.binomial(1, host(self.p), (n, *self.batch_shape))
        return Variable(tensor_of(ones).to(self.p.tensor.device))


@register_kl(Bernoulli, Bernoulli)
def _kl(dist1: Any, dist2: Any) -> Any:
    apart = (dist1.logit - dist2.logit) * (dist1.p - 1.0)
    return apart - softplus(-dist1.logit) + softplus(-dist2.logit)
