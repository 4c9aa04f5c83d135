"""DecorrelatedBatchNormalization: channels without correlation, group by group."""

from __future__ import annotations

from typing import Any

import numpy as np

from catenary import functions
from catenary.config import config
from catenary.link import Link
from catenary.variable import Variable

__all__ = ["DecorrelatedBatchNormalization"]


class DecorrelatedBatchNormalization(Link):
    """Whiten groups of channels over a batch:  y = (C + ε I)^(−1/2) (x − mean).

    While ``config.train``, mean and covariance C are the batch's, and running averages of the mean
    and the matrix are kept; otherwise the averages are used.

    Args:
        size: Number of channels.
        groups: Number of groups, a divisor of `size`.
        decay: Weight of the past in the running averages, in [0, 1].
        eps: ε, added to the variances.
        dtype: Of the averages.

    Attributes:
        avg_mean, avg_projection: Running averages (persistent), one row a group.
        N: Batches seen in fine-tuning (persistent).
    """

    def __init__(
        self,
        size: int,
        groups: int = 16,
        decay: float = 0.9,
        eps: float = 2e-5,
        dtype: Any = np.float32,
    ) -> None:
        super().__init__()
        width = size // groups
        self.avg_mean = np.zeros((groups, width), dtype)
        self.avg_projection = np.tile(np.eye(width, dtype=dtype), (groups, 1, 1))
        self.N = 0
        for name in ("avg_mean", "avg_projection", "N"):
            self.register_persistent(name)
        self.decay = decay
        self.eps = eps
        self.groups = groups

    def forward(self, x: Any, *, finetune: bool = False) -> Variable:
        """Whiten.

        Args:
            x: Batch, shape (batch, size, ...).
            finetune: While training, average over all batches since :meth:`start_finetuning`
                with equal weights instead of forgetting by `decay`.

        Returns:
            Variable of the shape of `x`.
        """
        if not config.train:
            return functions.fixed_decorrelated_batch_normalization(
                x, self.avg_mean, self.avg_projection, self.groups
            )
        again = config.in_recomputing
        batches = self.N + 1 if finetune and not again else self.N
        y = functions.decorrelated_batch_normalization(
            x,
            groups=self.groups,
            eps=self.eps,
            running_mean=None if again else self.avg_mean,
            running_projection=None if again else self.avg_projection,
            decay=1.0 - 1.0 / batches if finetune else self.decay,
        )
        self.N = batches
        return y

    def start_finetuning(self) -> None:
        """Begin a new count of batches for fine-tuning."""
        self.N = 0
