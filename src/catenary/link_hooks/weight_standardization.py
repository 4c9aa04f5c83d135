"""WeightStandardization: weights with mean 0 and variance 1 for each output."""

from __future__ import annotations

from typing import Any

import numpy

from catenary import functions
from catenary.link_hooks._weight import WeightHook

__all__ = ["WeightStandardization"]


class WeightStandardization(WeightHook):
    """Lets a link compute with a weight standardized over all axes but the first.

        Ŵ = (W − mean) / √(var + ε)

    Meant for convolutions followed by group or batch normalization.

    Args:
        eps: ε, added to the variance.
        weight_name: Attribute of the link that is the weight.
        name: Under which the hook is registered.

    Source: Qiao et al., arXiv:1903.10520.
    """

    name = "WeightStandardization"

    def __init__(
        self, *, eps: float = 1e-5, weight_name: str = "W", name: str | None = None
    ) -> None:
        super().__init__(weight_name, name)
        self.eps = eps

    def _stand_in_of(self, link: Any, weight: Any) -> Any:
        size = weight.shape[1]
        gamma = link.device.send(numpy.ones(size, weight.dtype))
        beta = link.device.send(numpy.zeros(size, weight.dtype))
        return functions.group_normalization(weight, 1, gamma, beta, self.eps)
