"""Where batch and event lie in the shape of the parameters."""

from __future__ import annotations

from typing import Any

from catenary.distribution import Distribution
from catenary.functions.array.where import where
from catenary.functions.math.exponential import log

__all__ = ["Multivariate", "Univariate", "outside", "xlogx"]


class Univariate(Distribution):
    """One number at a time: the batch has the shape of the first parameter."""

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the first parameter."""
        return tuple(next(iter(self.params.values())).shape)

    @property
    def event_shape(self) -> tuple[int, ...]:
        """()."""
        return ()


class Multivariate(Distribution):
    """One vector at a time, which is the last axis of the first parameter."""

    @property
    def batch_shape(self) -> tuple[int, ...]:
        """Shape of the first parameter without its last axis."""
        return tuple(next(iter(self.params.values())).shape[:-1])

    @property
    def event_shape(self) -> tuple[int, ...]:
        """Length of the first parameter's last axis."""
        return tuple(next(iter(self.params.values())).shape[-1:])


def outside(inside: Any, value: Any, other: float) -> Any:
    """Return `value` where the tensor `inside` is true, the number `other` elsewhere."""
    return where(inside, value, value.tensor.new_tensor(other))


def xlogx(x: Any) -> Any:
    """Return x · log x, which is 0 at 0; so is its gradient there, which has no finite value."""
    positive: Any = where(x.tensor > 0, x, x.tensor.new_ones(()))
    return positive * log(positive)
