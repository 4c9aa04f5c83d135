"""Batch normalization, with the statistics of the batch or with given ones."""

from __future__ import annotations

import functools
import itertools
import math
import warnings
from typing import Any

import torch

from catenary.backends.memory import array_of
from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["batch_normalization", "fixed_batch_normalization"]


def batch_normalization(
    x: Any,
    gamma: Any,
    beta: Any,
    *,
    eps: float = 2e-5,
    running_mean: Any = None,
    running_var: Any = None,
    decay: float = 0.9,
    axis: Any = None,
) -> Variable:
    """Return γ · (x − mean) / √(var + ε) + β with the mean and variance of the batch.

    Args:
        x: Variable or array, floating.
        gamma: Scale, of the shape of the axes that are not averaged over.
        beta: Shift, of the same shape and dtype.
        eps: Floor of the variance, above 0.
        running_mean: Array that becomes decay · running_mean + (1 − decay) · mean, in place.
        running_var: Array that does the same with the unbiased variance, in place.
        decay: Share of the running statistics that is kept, in [0, 1].
        axis: Ascending axes to average over; by default all but those that `gamma` has, which
            start at axis 1.

    Raises:
        RuntimeError: `axis` is no int, ascending tuple or None.
        InvalidType: The shapes do not fit.
    """
    axes = _ascending(axis)
    watched = running_mean is not None or running_var is not None
    statistics: list[torch.Tensor] = []

    def normalize(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        layout = _Layout(x, gamma, axes)
        mean = var = None
        if watched:
            mean, var = gamma.new_zeros((2, gamma.numel()), dtype=layout.dtype)
            statistics.extend((mean, var))
        # Running statistics that keep nothing of the past are the batch's.
        y = layout.normalized(x, gamma, beta, mean, var, eps, training=True)
        if var is not None and layout.samples == 1:
            # With one sample the unbiased variance is 0 / 0; Chainer takes the biased one, 0.
            var.zero_()
        return y

    y = apply("BatchNormalization", normalize, x, gamma, beta, check=_checker(axes))
    for running, batch in zip((running_mean, running_var), statistics, strict=False):
        if running is not None:
            running[...] = decay * running + (1 - decay) * array_of(batch.reshape(gamma.shape))
    _warn_of_single_values(y.shape, _key_axes(y.ndim, len(gamma.shape), axes)[0])
    return y


def fixed_batch_normalization(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float = 2e-5, axis: Any = None
) -> Variable:
    """Return γ · (x − mean) / √(var + ε) + β with a given mean and variance.

    Args:
        x: Variable or array, floating.
        gamma: Scale, of the shape of the axes that are not averaged over.
        beta: Shift, of the same shape.
        mean: Mean, of the same shape.
        var: Variance, of the same shape.
        eps: Floor of the variance, above 0.
        axis: As for :func:`batch_normalization`.

    Raises:
        RuntimeError: `axis` is no int, ascending tuple or None.
        InvalidType: The shapes do not fit.
    """
    axes = _ascending(axis)

    def normalize(x: torch.Tensor, *parameters: torch.Tensor) -> torch.Tensor:
        gamma = parameters[0]
        layout = _Layout(x, gamma, axes)
        scale, shift, mean, var = (layout.channels(p) for p in parameters)
        if mean.requires_grad or var.requires_grad:
            # torch.batch_norm takes given statistics for constants.
            factor = scale * torch.rsqrt(var + eps)
            shift, scale = shift - mean * factor, factor
            mean, var, floor = torch.zeros_like(mean), torch.ones_like(var), 0.0
        else:
            floor = eps
        return layout.normalized(x, scale, shift, mean, var, floor, training=False)

    return apply(
        "FixedBatchNormalization", normalize, x, gamma, beta, mean, var, check=_checker(axes)
    )


def _ascending(axis: Any) -> tuple[int, ...] | None:
    if axis is None:
        return None
    if isinstance(axis, int):
        return (axis,)
    if not isinstance(axis, (tuple, list)):
        raise RuntimeError(  # noqa: TRY004 - the type that Chainer raises
            f"axis must be an int, a tuple of ints or None, got {axis!r}"
        )
    if any(a >= b for a, b in itertools.pairwise(axis)):
        raise RuntimeError(f"axis must be ascending, got {axis!r}")
    return tuple(axis)


@functools.lru_cache(maxsize=256)
def _key_axes(
    ndim: int, key_ndim: int, axes: tuple[int, ...] | None
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return the axes averaged over and the axes kept."""
    if axes is None:
        axes = (0, *range(key_ndim + 1, ndim))
    return axes, tuple(i for i in range(ndim) if i not in axes)


def _checker(axes: tuple[int, ...] | None) -> Any:
    def check(label: str, x: torch.Tensor, gamma: torch.Tensor, *others: torch.Tensor) -> None:
        floating(label, x, gamma)
        for other in others:
            if other.shape != gamma.shape or other.dtype != gamma.dtype:
                reject(label, "gamma, beta and statistics of one shape and dtype", gamma, *others)
        if axes and axes[-1] >= x.ndim:
            reject(label, f"x with the axes {axes} to average over", x)
        kept = _key_axes(x.ndim, gamma.ndim, axes)[1]
        if list(gamma.shape) != [x.shape[i] for i in kept]:
            reject(label, f"gamma of the shape of axes {kept} of x", x, gamma)

    return check


def _warn_of_single_values(shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
    for axis in axes:
        if shape[axis] != 1:
            return
    cause = (
        "evaluation while config.train is True, or the last batch of an epoch"
        if 0 in axes
        else "averaging over axes of length 1"
    )
    warnings.warn(
        "batch_normalization got a single value for each mean, so its output is beta; "
        f"is this {cause}?",
        UserWarning,
        stacklevel=3,
    )


class _Layout:
    """Sees `x` as torch.batch_norm wants it: samples, channels, places."""

    def __init__(self, x: torch.Tensor, gamma: torch.Tensor, axes: tuple[int, ...] | None) -> None:
        self.axes, self.kept = _key_axes(x.ndim, gamma.ndim, axes)
        self.shape = x.shape
        self.samples = math.prod([x.shape[i] for i in self.axes])
        self.dtype = torch.promote_types(x.dtype, gamma.dtype)
        self.direct = self.kept == (1,)
        self.order = (*self.axes, *self.kept)

    def channels(self, parameter: torch.Tensor) -> torch.Tensor:
        if parameter.ndim == 1 and parameter.dtype == self.dtype:
            return parameter
        return parameter.reshape(-1).to(self.dtype)

    def normalized(
        self,
        x: torch.Tensor,
        gamma: torch.Tensor,
        beta: torch.Tensor,
        mean: torch.Tensor | None,
        var: torch.Tensor | None,
        eps: float,
        *,
        training: bool,
    ) -> torch.Tensor:
        """Normalize `x`; while training, `mean` and `var` receive the statistics of the batch."""
        gamma, beta = self.channels(gamma), self.channels(beta)
        if self.direct and x.dtype == self.dtype:
            return torch.batch_norm(x, gamma, beta, mean, var, training, 1.0, eps, False)
        flat = self._flat(x.to(self.dtype))
        y = torch.batch_norm(flat, gamma, beta, mean, var, training, 1.0, eps, False)
        return self._restored(y).to(x.dtype)

    def _flat(self, x: torch.Tensor) -> torch.Tensor:
        if self.direct:
            return x
        channels = math.prod(self.shape[i] for i in self.kept)
        return x.permute(self.order).reshape(self.samples, channels)

    def _restored(self, y: torch.Tensor) -> torch.Tensor:
        if self.direct:
            return y
        back = [self.order.index(i) for i in range(len(self.order))]
        return y.reshape([self.shape[i] for i in self.order]).permute(back)
