"""BatchNormalization: zero mean and unit variance, channel by channel."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from catenary import functions, initializers
from catenary.config import config, get_dtype
from catenary.link import Link
from catenary.links.normalization._initial import initializer_of
from catenary.variable import Parameter, Variable

__all__ = ["BatchNormalization"]


class BatchNormalization(Link):
    """Normalize over a batch:  y = γ (x − mean) / √(var + ε) + β.

    While ``config.train``, mean and variance are the batch's, and running averages of them are
    kept; otherwise the averages are used.

    Args:
        size: Shape of the channels, an integer or a tuple; None to take it from the first input,
            which needs `axis`.
        decay: Weight of the past in the running averages, in [0, 1].
        eps: ε, added to the variance.
        dtype: Of parameters and averages; ``config.dtype`` by default.
        use_gamma: Whether to scale by γ.
        use_beta: Whether to shift by β.
        initial_gamma: Initializer of γ, an array, or a number; 1 by default.
        initial_beta: The same for β; 0 by default.
        axis: Axes to average over, in rising order; all but the channels by default.
        initial_avg_mean: Initializer of the running mean; 0 by default.
        initial_avg_var: Initializer of the running variance; 1 by default.

    Raises:
        RuntimeError: If neither `size` nor `axis` is given.

    Attributes:
        gamma, beta: Parameters of the channels' shape, or None.
        avg_mean, avg_var: Running averages (persistent), None until the shape is known.
        N: Batches seen in fine-tuning (persistent).
    """

    gamma: Any = None
    beta: Any = None

    def __init__(
        self,
        size: Any = None,
        decay: float = 0.9,
        eps: float = 2e-5,
        dtype: Any = None,
        use_gamma: bool = True,
        use_beta: bool = True,
        initial_gamma: Any = None,
        initial_beta: Any = None,
        axis: int | tuple[int, ...] | None = None,
        initial_avg_mean: Any = None,
        initial_avg_var: Any = None,
    ) -> None:
        super().__init__()
        if size is None and axis is None:
            raise RuntimeError(
                "BatchNormalization needs size, the shape of the channels, "
                "or axis, the axes to average over"
            )
        self.decay = decay
        self.eps = eps
        self.axis = (axis,) if isinstance(axis, int) else axis
        self._dtype = get_dtype(dtype, map_mixed16=np.float32)
        self._initial_avg_mean = initial_avg_mean
        self._initial_avg_var = initial_avg_var
        self.N = 0
        self.avg_mean: Any = None
        self.avg_var: Any = None
        for name in ("N", "avg_mean", "avg_var"):
            self.register_persistent(name)
        with self.init_scope():
            if use_gamma:
                self.gamma = Parameter(initializer_of(initial_gamma, 1, self._dtype))
            if use_beta:
                self.beta = Parameter(initializer_of(initial_beta, 0, self._dtype))
        if size is not None:
            self._initialize_params(size)

    def _initialize_params(self, shape: Any) -> None:
        mean = initializer_of(self._initial_avg_mean, 0, self._dtype)
        var = initializer_of(self._initial_avg_var, 1, self._dtype)
        self.avg_mean = initializers.generate_array(mean, shape, self.xp, device=self.device)
        self.avg_var = initializers.generate_array(var, shape, self.xp, device=self.device)
        for param in (self.gamma, self.beta):
            if param is not None:
                param.initialize(shape)

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        """Names and values of the arguments to print."""
        shape: tuple[int, ...] = () if self.avg_mean is None else self.avg_mean.shape
        yield "size", shape[0] if len(shape) == 1 else shape or None
        yield "decay", self.decay
        yield "eps", self.eps
        yield "dtype", self._dtype
        yield "use_gamma", self.gamma is not None
        yield "use_beta", self.beta is not None

    def forward(self, x: Any, finetune: bool = False) -> Variable:
        """Normalize.

        Args:
            x: Batch; by default axis 0 counts examples and the next axes are the channels.
            finetune: While training, average over all batches since :meth:`start_finetuning`
                with equal weights instead of forgetting by `decay`.

        Returns:
            Variable of the shape of `x`.
        """
        if self.avg_mean is None:
            averaged = self.axis or ()
            shape = tuple(n for i, n in enumerate(x.shape) if i not in averaged)
            self._initialize_params(shape)
        gamma, beta = self.gamma, self.beta
        if gamma is None:
            gamma = self.xp.ones(self.avg_mean.shape, dtype=self._dtype)
        if beta is None:
            beta = self.xp.zeros(self.avg_mean.shape, dtype=self._dtype)
        if not config.train:
            return functions.fixed_batch_normalization(
                x, gamma, beta, self.avg_mean, self.avg_var, self.eps, axis=self.axis
            )
        again = config.in_recomputing
        running = (self.avg_mean, self.avg_var)
        mean, var = copy.deepcopy(running) if again else running
        batches = self.N + 1 if finetune and not again else self.N
        y = functions.batch_normalization(
            x,
            gamma,
            beta,
            eps=self.eps,
            running_mean=mean,
            running_var=var,
            decay=1.0 - 1.0 / batches if finetune else self.decay,
            axis=self.axis,
        )
        self.N = batches
        return y

    def start_finetuning(self) -> None:
        """Begin a new count of batches for fine-tuning."""
        self.N = 0
