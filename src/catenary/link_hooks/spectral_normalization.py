"""SpectralNormalization: weights whose largest singular value is 1."""

from __future__ import annotations

import math
from typing import Any

import numpy
import torch

from catenary import functions, links
from catenary.backends.memory import array_of, tensor_of
from catenary.config import config
from catenary.link_hooks._weight import WeightHook
from catenary.variable import Parameter

__all__ = ["SpectralNormalization"]


class SpectralNormalization(WeightHook):
    """Lets a link compute with its weight divided by the largest singular value σ.

        v ← Wᵀu / (‖Wᵀu‖ + ε),  u ← Wv / (‖Wv‖ + ε),  Ŵ = γ W · factor / (uᵀ W v)

    W counts as a matrix of its axis of outputs against all others. The link keeps u as the
    persistent value ``W_u``, drawn from NumPy's global generator, and γ as the parameter ``gamma``;
    so add the hook before the optimizer's ``setup``. Outside training u stays as it is.

    Args:
        n_power_iteration: How often u and v are improved in a call, at least 1.
        eps: ε, added to the norms.
        use_gamma: Whether there is γ, which begins as the weight's largest singular value.
        factor: What σ is divided by; 1 by default.
        weight_name: Attribute of the link that is the weight.
        name: Under which the hook is registered.

    Raises:
        ValueError: `n_power_iteration` is below 1; Chainer asserts it.

    Attributes:
        vector_name: Name of u in the link.
        axis: The weight's axis of outputs: 1 for transposed convolutions, 0 for all others.

    Source: Miyato et al., arXiv:1802.05957.
    """

    name = "SpectralNormalization"

    def __init__(
        self,
        n_power_iteration: int = 1,
        eps: float = 1e-6,
        use_gamma: bool = False,
        factor: float | None = None,
        weight_name: str = "W",
        name: str | None = None,
    ) -> None:
        if n_power_iteration < 1:
            raise ValueError(f"n_power_iteration is at least 1, got {n_power_iteration}")
        super().__init__(weight_name, name)
        self.n_power_iteration = n_power_iteration
        self.eps = eps
        self.use_gamma = use_gamma
        self.factor = factor
        self.vector_name = f"{weight_name}_u"
        self.axis = 0

    def deleted(self, link: Any) -> None:
        """Remove from `link` what the hook kept in it."""
        for name in (self.vector_name, *(["gamma"] if self.use_gamma else [])):
            if hasattr(link, name):
                delattr(link, name)

    def _prepare(self, link: Any) -> None:
        if hasattr(link, self.vector_name):
            return
        if isinstance(link, (links.Deconvolution2D, links.DeconvolutionND)):
            self.axis = 1
        weight = getattr(link, self.weight_name)
        if not weight.shape[self.axis]:
            raise ValueError(
                f"{self.weight_name} of shape {weight.shape} has no outputs to normalize"
            )
        drawn = numpy.random.normal(size=weight.shape[self.axis]).astype(weight.dtype)
        link.add_persistent(self.vector_name, link.device.send(drawn))
        if self.use_gamma:
            largest = torch.linalg.svdvals(self._matrix(weight).tensor.detach())[0]
            with link.init_scope():
                link.gamma = Parameter(array_of(largest.clone()))

    def _stand_in_of(self, link: Any, weight: Any) -> Any:
        matrix = self._matrix(weight)
        if not config.in_recomputing:
            kept = tensor_of(getattr(link, self.vector_name))
            self._vectors = self._iterate(matrix.tensor.detach(), kept)
            if config.train:
                kept.copy_(self._vectors[0])
        u, v = self._vectors
        sigma: Any = functions.matmul(functions.matmul(array_of(u), matrix), array_of(v))
        if self.factor is not None:
            sigma = sigma / self.factor
        return (link.gamma * weight if self.use_gamma else weight) / sigma

    def _matrix(self, weight: Any) -> Any:
        """Return a weight, a Variable, with the axis of outputs first and all others as one."""
        if self.axis:
            weight = weight.transpose((1, 0, *range(2, weight.ndim)))
        return weight.reshape(weight.shape[0], math.prod(weight.shape[1:]))

    def _iterate(self, matrix: Any, u: Any) -> tuple[Any, Any]:
        v = None
        for _ in range(self.n_power_iteration):
            v = self._normalized(u @ matrix)
            u = self._normalized(matrix @ v)
        return u, v

    def _normalized(self, vector: Any) -> Any:
        return vector / (torch.linalg.vector_norm(vector) + self.eps)
