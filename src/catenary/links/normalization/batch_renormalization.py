"""BatchRenormalization: batch normalization that trains as it predicts."""

from __future__ import annotations

import copy
from typing import Any

from catenary import functions
from catenary.config import config
from catenary.links.normalization.batch_normalization import BatchNormalization
from catenary.variable import Variable

__all__ = ["BatchRenormalization"]


class BatchRenormalization(BatchNormalization):
    """Normalize over a batch, corrected toward the running averages.

    See :func:`~catenary.functions.batch_renormalization` for the correction, and
    :class:`~catenary.links.BatchNormalization` for what is not described here.

    Args:
        size: Shape of the channels, an integer or a tuple.
        rmax: Limit of the correction of the deviation, at least 1.
        dmax: Limit of the correction of the mean, at least 0.
        decay: Weight of the past in the running averages, in [0, 1].
        eps: Added to the variance.
        dtype: Of parameters and averages; ``config.dtype`` by default.
        use_gamma: Whether to scale by γ.
        use_beta: Whether to shift by β.
        initial_gamma: Initializer of γ; 1 by default.
        initial_beta: Initializer of β; 0 by default.
        initial_avg_mean: Initializer of the running mean; 0 by default.
        initial_avg_var: Initializer of the running variance; 1 by default.

    Differs: Chainer passes the two last arguments on one place too early.
    """

    def __init__(
        self,
        size: Any,
        rmax: float = 1,
        dmax: float = 0,
        decay: float = 0.9,
        eps: float = 2e-5,
        dtype: Any = None,
        use_gamma: bool = True,
        use_beta: bool = True,
        initial_gamma: Any = None,
        initial_beta: Any = None,
        initial_avg_mean: Any = None,
        initial_avg_var: Any = None,
    ) -> None:
        super().__init__(
            size,
            decay,
            eps,
            dtype,
            use_gamma,
            use_beta,
            initial_gamma,
            initial_beta,
            initial_avg_mean=initial_avg_mean,
            initial_avg_var=initial_avg_var,
        )
        self.rmax = rmax
        self.dmax = dmax
        self._before: Any = None

    def forward(self, x: Any, finetune: bool = False) -> Variable:
        """Normalize; see :meth:`BatchNormalization.forward`."""
        if not config.train:
            return super().forward(x)
        gamma, beta = self.gamma, self.beta
        if gamma is None:
            gamma = self.xp.ones(self.avg_mean.shape, dtype=self._dtype)
        if beta is None:
            beta = self.xp.zeros(self.avg_mean.shape, dtype=self._dtype)
        again = config.in_recomputing
        if not again:
            self._before = copy.deepcopy((self.avg_mean, self.avg_var))
        running = self._before if again else (self.avg_mean, self.avg_var)
        batches = self.N + 1 if finetune and not again else self.N
        y = functions.batch_renormalization(
            x,
            gamma,
            beta,
            self.rmax,
            self.dmax,
            self.eps,
            running[0],
            running[1],
            1.0 - 1.0 / batches if finetune else self.decay,
            update_statistics=not again,
        )
        self.N = batches
        return y
