"""Batch normalization, with the statistics of the batch or with given ones."""

from __future__ import annotations

import functools
import itertools
import math
import warnings
from typing import Any

import numpy
import torch

from catenary.backends.memory import array_of, share, tensor_of
from catenary.functions._apply import Check, apply, floating, reject
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
    single = moved = False

    def normalize(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        nonlocal single, moved
        layout = _layout(x.shape, gamma.ndim, axes)
        single = layout.samples == 1
        # The unbiased variance of one sample is 0 / 0; Chainer takes the biased one, 0.
        # A gradient that a program takes by hand computes anew, and moves nothing.
        running = (None, None) if moved else (running_mean, None if single else running_var)
        moved = True
        return _following(layout, x, gamma, beta, running, eps, 1.0 - decay)

    y = apply("BatchNormalization", normalize, x, gamma, beta, check=_checker(axes))
    if single:
        if running_var is not None:
            running_var *= decay
        _warn_of_single_values(axes)
    return y


def _following(
    layout: _Layout,
    x: torch.Tensor,
    gamma: torch.Tensor,
    beta: torch.Tensor,
    running: tuple[Any, Any],
    eps: float,
    taken: float,
) -> torch.Tensor:
    """Normalize `x` while running statistics take in a share of those of the batch."""
    if running[0] is None and running[1] is None:
        return layout.normalized(x, gamma, beta, None, None, eps, taken=0.0)
    dtype = _dtype(x, gamma)
    flat = [_flat(each, gamma, dtype) for each in running]
    (mean, _), (var, _) = flat
    y = layout.normalized(x, gamma, beta, mean, var, eps, taken=taken)
    for (found, is_copy), array in zip(flat, running, strict=True):
        if is_copy:
            array[...] = array_of(found).reshape(array.shape)
    return y


def _flat(running: Any, gamma: torch.Tensor, dtype: torch.dtype) -> tuple[torch.Tensor, bool]:
    """Return a running statistic in a row, and whether that is a copy of what is to be written.

    torch follows both or neither: what is None is zeros.
    """
    if running is None:
        return gamma.new_zeros(gamma.numel(), dtype=dtype), False
    own = share(running) if isinstance(running, numpy.ndarray) else tensor_of(running)
    if own is not None and own.ndim == 1 and own.dtype == dtype:
        return own, False
    flat = tensor_of(running).reshape(-1).to(dtype)
    return flat, own is None or flat.data_ptr() != own.data_ptr()


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
        dtype = _dtype(x, parameters[0])
        layout = _layout(x.shape, parameters[0].ndim, axes)
        scale, shift, mean, var = [_channels(p, dtype) for p in parameters]
        if mean.requires_grad or var.requires_grad:
            # torch.batch_norm takes given statistics for constants.
            factor = scale * torch.rsqrt(var + eps)
            shift, scale = shift - mean * factor, factor
            mean, var, floor = torch.zeros_like(mean), torch.ones_like(var), 0.0
        else:
            floor = eps
        return layout.normalized(x, scale, shift, mean, var, floor, taken=None)

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
def _checker(axes: tuple[int, ...] | None) -> Check:
    def check(label: str, x: torch.Tensor, gamma: torch.Tensor, *others: torch.Tensor) -> None:
        floating(label, x, gamma)
        shape, dtype = gamma.shape, gamma.dtype
        for other in others:
            if other.dtype != dtype or other.shape != shape:
                reject(label, "gamma, beta and statistics of one shape and dtype", gamma, *others)
        if axes and axes[-1] >= x.ndim:
            reject(label, f"x with the axes {axes} to average over", x)
        layout = _layout(x.shape, len(shape), axes)
        if shape != layout.channels:
            reject(label, f"gamma of the shape of axes {layout.kept} of x", x, gamma)

    return check


def _warn_of_single_values(axes: tuple[int, ...] | None) -> None:
    cause = (
        "evaluation while config.train is True, or the last batch of an epoch"
        if axes is None or 0 in axes
        else "averaging over axes of length 1"
    )
    warnings.warn(
        "batch_normalization got a single value for each mean, so its output is beta; "
        f"is this {cause}?",
        UserWarning,
        stacklevel=3,
    )


def _dtype(x: torch.Tensor, gamma: torch.Tensor) -> torch.dtype:
    """Return the dtype that statistics are computed in."""
    return x.dtype if x.dtype == gamma.dtype else torch.promote_types(x.dtype, gamma.dtype)


def _channels(parameter: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Return one value a channel, in a row."""
    if parameter.ndim == 1 and parameter.dtype == dtype:
        return parameter
    return parameter.reshape(-1).to(dtype)


class _Layout:
    """Sees arrays of one shape as torch.batch_norm wants them: samples, channels, places.

    Attributes:
        axes: Axes averaged over.
        kept: The others, those of the channels.
        channels: Their lengths.
        samples: How many values a channel has.
    """

    def __init__(self, shape: tuple[int, ...], axes: tuple[int, ...]) -> None:
        self.axes = axes
        self.kept = tuple(i for i in range(len(shape)) if i not in axes)
        self.channels = tuple(shape[i] for i in self.kept)
        self.samples = math.prod([shape[i] for i in axes])
        self._direct = self.kept == (1,)
        self._order = (*self.axes, *self.kept)
        self._ordered = tuple(shape[i] for i in self._order)

    def normalized(
        self,
        x: torch.Tensor,
        gamma: torch.Tensor,
        beta: torch.Tensor,
        mean: torch.Tensor | None,
        var: torch.Tensor | None,
        eps: float,
        *,
        taken: float | None,
    ) -> torch.Tensor:
        """Normalize `x` with its own statistics, of which `mean` and `var` take in a share.

        Where no share is taken, `mean` and `var` are what it is normalized with.
        """
        dtype = _dtype(x, gamma)
        gamma, beta = _channels(gamma, dtype), _channels(beta, dtype)
        training, taken = taken is not None, taken or 0.0
        if self._direct and x.dtype == dtype:
            return torch.batch_norm(x, gamma, beta, mean, var, training, taken, eps, False)
        flat = self._flat(x.to(dtype))
        y = torch.batch_norm(flat, gamma, beta, mean, var, training, taken, eps, False)
        return self._restored(y).to(x.dtype)

    def _flat(self, x: torch.Tensor) -> torch.Tensor:
        if self._direct:
            return x
        return x.permute(self._order).reshape(self.samples, math.prod(self.channels))

    def _restored(self, y: torch.Tensor) -> torch.Tensor:
        if self._direct:
            return y
        back = [self._order.index(i) for i in range(len(self._order))]
        return y.reshape(self._ordered).permute(back)


@functools.lru_cache(maxsize=256)
def _layout(shape: tuple[int, ...], key_ndim: int, axes: tuple[int, ...] | None) -> _Layout:
    """Return the layout of `x`; by default the channels' axes start at axis 1."""
    return _Layout(shape, (0, *range(key_ndim + 1, len(shape))) if axes is None else axes)
