"""LayerNormalization: zero mean and unit variance, sample by sample."""

from __future__ import annotations

import math
from typing import Any

from catenary import functions
from catenary.link import Link
from catenary.variable import Parameter, Variable

__all__ = ["LayerNormalization"]


class LayerNormalization(Link):
    """Normalize each sample:  y = γ (x − mean) / √(var + ε) + β.

    Args:
        size: Length of a sample; None to take it from the first input.
        eps: ε, added to the variance.
        initial_gamma: Initializer of γ, an array, or a number; 1 by default.
        initial_beta: The same for β; 0 by default.

    Attributes:
        gamma, beta: Parameters of shape (size,).
    """

    def __init__(
        self,
        size: int | None = None,
        eps: float = 1e-6,
        initial_gamma: Any = None,
        initial_beta: Any = None,
    ) -> None:
        super().__init__()
        self.eps = eps
        with self.init_scope():
            self.gamma = Parameter(1 if initial_gamma is None else initial_gamma)
            self.beta = Parameter(0 if initial_beta is None else initial_beta)
        if size is not None:
            self._initialize_params(size)

    def _initialize_params(self, size: int) -> None:
        self.gamma.initialize(size)
        self.beta.initialize(size)

    def forward(self, x: Any) -> Variable:
        """Normalize samples of shape (batch, size)."""
        if not self.gamma.is_initialized:
            self._initialize_params(math.prod(x.shape[1:]))
        return functions.layer_normalization(x, self.gamma, self.beta, self.eps)
