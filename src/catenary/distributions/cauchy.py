"""Cauchy distribution."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy

from catenary.distribution import once
from catenary.distributions._arrays import at, drawn
from catenary.distributions._kinds import Univariate
from catenary.functions.math.exponential import log
from catenary.functions.math.trigonometric import arctan, tan
from catenary.variable import as_variable

__all__ = ["Cauchy"]


class Cauchy(Univariate):
    """Density scale / (π ((x − loc)² + scale²)).

    Args:
        loc: Median, Variable or array, floating.
        scale: Half of the width at half of the height, above 0, of the same shape and dtype.
    """

    support = "real"

    def __init__(self, loc: Any, scale: Any) -> None:
        self.loc: Any = as_variable(loc)
        self.scale: Any = as_variable(scale)

    @property
    def params(self) -> dict[str, Any]:
        """`loc` and `scale`."""
        return {"loc": self.loc, "scale": self.scale}

    @property
    @once
    def _log_scale(self) -> Any:
        return log(self.scale)

    @property
    def mean(self) -> Any:
        """Mean: NaN, with a warning: the integral diverges."""
        return self._undefined("mean")

    @property
    def variance(self) -> Any:
        """Variance: NaN, with a warning: the integral diverges."""
        return self._undefined("variance")

    def _undefined(self, name: str) -> Any:
        message = f"a Cauchy distribution has no {name}; it is NaN here"
        warnings.warn(message, RuntimeWarning, stacklevel=3)
        return as_variable(self.loc.tensor.detach().new_full(self.loc.shape, math.nan))

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: log(4π scale)."""
        return self._log_scale + math.log(4 * math.pi)

    def log_prob(self, x: Any) -> Any:
        """Return log(scale / π) − log((x − loc)² + scale²)."""
        height: Any = log((at(x, self.loc) - self.loc) ** 2 + self.scale**2)
        return self._log_scale - math.log(math.pi) - height

    def cdf(self, x: Any) -> Any:
        """Return ½ + arctan((x − loc) / scale) / π."""
        angle: Any = arctan((at(x, self.loc) - self.loc) / self.scale)
        return angle * (1 / math.pi) + 0.5

    def icdf(self, x: Any) -> Any:
        """Return loc + scale tan(π (x − ½))."""
        return self.loc + self.scale * tan((at(x, self.loc) - 0.5) * math.pi)

    def sample_n(self, n: int) -> Any:
        """Draw loc + scale ε."""
        eps = drawn(numpy.random.standard_cauchy((n, *self.batch_shape)), self.loc)
        return self.scale * eps + self.loc
