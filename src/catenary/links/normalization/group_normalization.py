"""GroupNormalization: zero mean and unit variance for groups of channels."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary import functions
from catenary.config import get_dtype
from catenary.link import Link
from catenary.links.normalization._initial import initializer_of
from catenary.variable import Parameter, Variable

__all__ = ["GroupNormalization"]


class GroupNormalization(Link):
    """Normalize groups of channels of each sample:  y = γ (x − mean) / √(var + ε) + β.

    Args:
        groups: Number of groups, dividing the number of channels.
        size: Number of channels; None to take it from the first input.
        eps: ε, added to the variance.
        initial_gamma: Initializer of γ, an array, or a number; 1 by default.
        initial_beta: The same for β; 0 by default.

    Attributes:
        gamma, beta: Parameters of shape (size,), float32 where ``config.dtype`` is mixed16.
    """

    def __init__(
        self,
        groups: int,
        size: int | None = None,
        eps: float = 1e-5,
        initial_gamma: Any = None,
        initial_beta: Any = None,
    ) -> None:
        super().__init__()
        self.groups = groups
        self.eps = eps
        dtype = get_dtype(None, map_mixed16=np.float32)
        with self.init_scope():
            self.gamma = Parameter(initializer_of(initial_gamma, 1, dtype))
            self.beta = Parameter(initializer_of(initial_beta, 0, dtype))
        if size is not None:
            self._initialize_params(size)

    def _initialize_params(self, size: int) -> None:
        self.gamma.initialize(size)
        self.beta.initialize(size)

    def forward(self, x: Any) -> Variable:
        """Normalize samples of shape (batch, channel, ...).

        Raises:
            ValueError: If there are no channels to take the size from.
        """
        if not self.gamma.is_initialized:
            if len(x.shape) < 2:
                raise ValueError(
                    f"x needs an axis of channels after the batch, got shape {x.shape}"
                )
            self._initialize_params(x.shape[1])
        return functions.group_normalization(x, self.groups, self.gamma, self.beta, self.eps)
