"""Categorical distribution."""

from __future__ import annotations

from typing import Any

import numpy

from catenary.backends.memory import tensor_of
from catenary.distribution import once, register_kl
from catenary.distributions._arrays import host
from catenary.distributions._kinds import Multivariate, xlogx
from catenary.functions.activation.log_softmax import log_softmax
from catenary.functions.array.get_item import get_item
from catenary.functions.math.exponential import exp, log
from catenary.functions.math.sum import sum
from catenary.variable import Variable, as_array, as_variable

__all__ = ["Categorical", "choices"]


class Categorical(Multivariate):
    """Number i with probability pᵢ.

    Args:
        p: Probabilities, each row of the last axis of sum 1, Variable or array, floating.
        logit: log p plus any number a row, given instead of `p`.

    Raises:
        ValueError: Both `p` and `logit` are given, or neither.
    """

    def __init__(self, p: Any = None, *, logit: Any = None) -> None:
        if (p is None) == (logit is None):
            raise ValueError("Categorical takes either p or logit")
        self._p = None if p is None else as_variable(p)
        self._logit = None if logit is None else as_variable(logit)

    @property
    @once
    def p(self) -> Any:
        """Probabilities."""
        return exp(self.log_p) if self._p is None else self._p

    @property
    @once
    def log_p(self) -> Any:
        """Logarithms of the probabilities."""
        return log_softmax(self._logit, -1) if self._p is None else log(self._p)

    @property
    def params(self) -> dict[str, Any]:
        """`p`."""
        return {"p": self.p}

    @property
    def event_shape(self) -> tuple[int, ...]:
        """()."""
        return ()

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: −Σ pᵢ log pᵢ, where 0 log 0 = 0."""
        return sum(-xlogx(self.p), -1)

    def log_prob(self, x: Any) -> Any:
        """Return log pₓ; `x` holds whole numbers of any dtype."""
        return get_item(self.log_p, (*numpy.indices(self.batch_shape), as_array(x)))

    def sample_n(self, n: int) -> Any:
        """Draw numbers, int64, one row of probabilities after the other."""
        return Variable(tensor_of(choices(self.p, n)).to(self.p.tensor.device))


def choices(p: Variable, n: int) -> Any:
    """Return an array of shape (n,) + batch: `n` choices by each row's probabilities."""
    *batch, kinds = p.shape
    rows = host(p).reshape(-1, kinds)
    made = [numpy.random.choice(kinds, n, p=row) for row in rows]
    return numpy.array(made, numpy.int64).reshape(len(rows), n).T.reshape(n, *batch)


@register_kl(Categorical, Categorical)
def _kl(dist1: Any, dist2: Any) -> Any:
    return sum(dist1.p * (dist1.log_p - dist2.log_p), -1)
