"""Multivariate normal distribution."""

from __future__ import annotations

import math
from typing import Any

import numpy
import torch

from catenary.distribution import once, register_kl
from catenary.distributions._arrays import at, drawn
from catenary.distributions._kinds import Multivariate
from catenary.functions._apply import apply
from catenary.functions.array.diagonal import diagonal
from catenary.functions.array.expand_dims import expand_dims
from catenary.functions.array.squeeze import squeeze
from catenary.functions.math.exponential import log
from catenary.functions.math.matmul import matmul
from catenary.functions.math.square import square
from catenary.functions.math.sum import sum
from catenary.variable import Variable, as_variable

__all__ = ["MultivariateNormal"]


class MultivariateNormal(Multivariate):
    """Normal vectors with mean μ and covariance V = L Lᵀ.

    Args:
        loc: μ, Variable or array, floating, shape batch_shape + (d,).
        scale_tril: L, lower triangular, shape batch_shape + (d, d), of the same dtype.

    Raises:
        ValueError: `scale_tril` is not given.

    Differs: Chainer takes float32 only.
    """

    support = "real"

    def __init__(self, loc: Any, *, scale_tril: Any = None) -> None:
        if scale_tril is None:
            raise ValueError("MultivariateNormal needs scale_tril, the Cholesky factor of V")
        self.loc: Any = as_variable(loc)
        self.scale_tril: Any = as_variable(scale_tril)

    @property
    def params(self) -> dict[str, Any]:
        """`loc` and `scale_tril`."""
        return {"loc": self.loc, "scale_tril": self.scale_tril}

    @property
    def d(self) -> int:
        """Length of an event."""
        return int(self.scale_tril.shape[-1])

    @property
    @once
    def _log_det(self) -> Any:
        """½ log det V."""
        return sum(log(abs(diagonal(self.scale_tril, 0, -2, -1))), -1)  # type: ignore[arg-type]

    @property
    def mean(self) -> Any:
        """Mean: μ."""
        return self.loc

    @property
    @once
    def covariance(self) -> Any:
        """Covariance: V."""
        return matmul(self.scale_tril, self.scale_tril, transb=True)

    @property
    @once
    def entropy(self) -> Any:
        """Entropy: ½ log det V + (d/2) log 2πe."""
        return self._log_det + 0.5 * math.log(2 * math.pi * math.e) * self.d

    def log_prob(self, x: Any) -> Any:
        """Return −½ (x − μ)ᵀ V⁻¹ (x − μ) − ½ log det V − (d/2) log 2π."""
        normalizer = self._log_det + 0.5 * math.log(2 * math.pi) * self.d
        return -0.5 * self._mahalanobis(at(x, self.loc) - self.loc) - normalizer

    def _mahalanobis(self, apart: Any) -> Any:
        """Return apartᵀ V⁻¹ apart."""
        return sum(square(_solved(self.scale_tril, expand_dims(apart, -1))), (-2, -1))

    def sample_n(self, n: int) -> Any:
        """Draw μ + L ε."""
        eps = drawn(numpy.random.standard_normal((n, *self.loc.shape, 1)), self.loc)
        return self.loc + squeeze(matmul(self.scale_tril, eps), -1)


def _solved(scale_tril: Any, columns: Any) -> Variable:
    """Return L⁻¹ times columns; what stands above L's diagonal counts as 0."""

    def solve(lower: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
        solution: torch.Tensor = torch.linalg.solve_triangular(lower, columns, upper=False)
        return solution

    return apply("TriangularSolve", solve, scale_tril, columns)


@register_kl(MultivariateNormal, MultivariateNormal)
def _kl(dist1: Any, dist2: Any) -> Any:
    trace: Any = sum(square(_solved(dist2.scale_tril, dist1.scale_tril)), (-2, -1))
    apart = dist2._mahalanobis(dist1.loc - dist2.loc)
    return dist2._log_det - dist1._log_det + 0.5 * (trace + apart - dist1.d)
