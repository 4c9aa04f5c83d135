"""What a probability distribution is asked, and divergences between two of them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, TypeVar

from catenary.backend import get_array_module
from catenary.config import config
from catenary.errors import UnknownDivergenceError

__all__ = ["Distribution", "cross_entropy", "kl_divergence", "register_kl"]

_Divergence = Callable[[Any, Any], Any]
_D = TypeVar("_D", bound=_Divergence)
_divergences: dict[tuple[type, type], _Divergence] = {}


class Distribution:
    """A batch of probability distributions; subclasses answer what has a closed form for them.

    Shapes: parameters give `batch_shape`, one distribution an element; what one of them yields has
    `event_shape`. Samples, and the points where a density is evaluated, have shape
    sample_shape + batch_shape + event_shape; densities have shape sample_shape + batch_shape.
    Everything that is computed from the parameters can be differentiated.

    Raises:
        NotImplementedError: Where the distribution has no answer.
    """

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what was computed: a copy's values belong to the copy's parameters."""
        return {name: value for name, value in vars(self).items() if name != _KEPT}

    def _lacks(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{type(self).__name__} does not define {what}")

    # ---- what it is
    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the batch: how many distributions there are."""
        raise self._lacks("batch_shape")

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Shape of what one distribution yields at a time, () for a number."""
        raise self._lacks("event_shape")

    @property
    def params(self) -> dict[str, Any]:
        """The parameters by name, Variables."""
        raise self._lacks("params")

    @property
    def support(self) -> str:
        """Where the density is not 0, in words."""
        raise self._lacks("support")

    @property
    def xp(self) -> Any:
        """The module of the parameters' arrays: `numpy` or `cupy`."""
        return get_array_module(*self.params.values())

    # ---- its properties
    @property
    def mean(self) -> Any:
        """Mean, a Variable of shape batch_shape + event_shape."""
        raise self._lacks("mean")

    @property
    def mode(self) -> Any:
        """Where the density is greatest, a Variable of shape batch_shape + event_shape."""
        raise self._lacks("mode")

    @property
    def variance(self) -> Any:
        """Variance, a Variable of shape batch_shape + event_shape."""
        raise self._lacks("variance")

    @property
    def stddev(self) -> Any:
        """Standard deviation, a Variable of shape batch_shape + event_shape."""
        raise self._lacks("stddev")

    @property
    def covariance(self) -> Any:
        """Covariance, a Variable of shape batch_shape + (size of an event, size of an event)."""
        raise self._lacks("covariance")

    @property
    def entropy(self) -> Any:
        """Entropy in nats, a Variable of shape batch_shape."""
        raise self._lacks("entropy")

    # ---- at given points
    def prob(self, x: Any) -> Any:
        """Return the probability or density at `x`."""
        raise self._lacks("prob")

    def log_prob(self, x: Any) -> Any:
        """Return the logarithm of the probability or density at `x`."""
        raise self._lacks("log_prob")

    def cdf(self, x: Any) -> Any:
        """Return the probability of at most `x`."""
        raise self._lacks("cdf")

    def log_cdf(self, x: Any) -> Any:
        """Return the logarithm of the probability of at most `x`."""
        raise self._lacks("log_cdf")

    def icdf(self, x: Any) -> Any:
        """Return the point whose `cdf` is `x`, in [0, 1]."""
        raise self._lacks("icdf")

    def survival_function(self, x: Any) -> Any:
        """Return the probability of more than `x`."""
        raise self._lacks("survival_function")

    def log_survival_function(self, x: Any) -> Any:
        """Return the logarithm of the probability of more than `x`."""
        raise self._lacks("log_survival_function")

    def perplexity(self, x: Any) -> Any:
        """Return the perplexity at `x`."""
        raise self._lacks("perplexity")

    # ---- samples
    def sample(self, sample_shape: int | tuple[int, ...] = ()) -> Any:
        """Draw samples from NumPy's global generator.

        Args:
            sample_shape: How many, an int or a tuple.

        Returns:
            Variable of shape sample_shape + batch_shape + event_shape.
        """
        shape = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        drawn = self.sample_n(math.prod(shape))
        return drawn.reshape(shape + self.batch_shape + self.event_shape)

    def sample_n(self, n: int) -> Any:
        """Draw `n` samples from NumPy's global generator; what a subclass defines.

        Returns:
            Variable of shape (n,) + batch_shape + event_shape.
        """
        raise self._lacks("sample_n")


_KEPT = "_computed_once"


def once(compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Let a property of a distribution be computed once, with a graph and without one apart.

    Beneath `@property`. What was computed under `no_backprop_mode` has no graph and must not be
    given to whoever differentiates.
    """
    name = compute.__qualname__

    @functools.wraps(compute)
    def kept(self: Any) -> Any:
        values = vars(self).setdefault(_KEPT, {})
        key = name, config.enable_backprop
        if key not in values:
            values[key] = compute(self)
        return values[key]

    return kept


def register_kl(Dist1: type, Dist2: type) -> Callable[[_D], _D]:
    """Return a decorator that makes a function the divergence of `Dist1` from `Dist2`.

    Args:
        Dist1: Class of p.
        Dist2: Class of q. The function takes an instance of each and returns a Variable.
    """

    def register(divergence: _D) -> _D:
        _divergences[Dist1, Dist2] = divergence
        return divergence

    return register


def kl_divergence(dist1: Distribution, dist2: Distribution) -> Any:
    """Return the Kullback-Leibler divergence:  KL(p ‖ q) = E_p[log p(x) − log q(x)].

    Args:
        dist1: p.
        dist2: q.

    Returns:
        Variable of the distributions' batch shape.

    Raises:
        UnknownDivergenceError: No function is registered for these two classes.
    """
    kinds = type(dist1), type(dist2)
    if kinds not in _divergences:
        p, q = (kind.__name__ for kind in kinds)
        raise UnknownDivergenceError(
            f"no KL divergence of {p} from {q} is known; write one under @register_kl({p}, {q})"
        )
    return _divergences[kinds](dist1, dist2)


def cross_entropy(dist1: Distribution, dist2: Distribution) -> Any:
    """Return the cross entropy:  H(p, q) = −E_p[log q(x)] = H(p) + KL(p ‖ q).

    Args:
        dist1: p, which defines `entropy`.
        dist2: q.

    Returns:
        Variable of the distributions' batch shape.

    Raises:
        UnknownDivergenceError: No divergence is registered for these two classes.

    Differs: Chainer 7.8.1 calls the property `entropy` and fails.
    """
    return dist1.entropy + kl_divergence(dist1, dist2)
