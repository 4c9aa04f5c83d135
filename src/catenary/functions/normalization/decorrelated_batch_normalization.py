"""Decorrelated batch normalization: channels without correlation, group by group."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from catenary.backends.memory import array_of
from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["decorrelated_batch_normalization", "fixed_decorrelated_batch_normalization"]


class _InverseRoot(torch.autograd.Function):
    """C^(−1/2) of symmetric positive matrices C, with a gradient where eigenvalues are equal too.

    With eigenvectors V and roots s of the eigenvalues, d C^(−1/2) = V (F ∘ Vᵀ dC V) Vᵀ, where
    Fᵢⱼ = (1/sᵢ − 1/sⱼ) / (sᵢ² − sⱼ²) = −1 / (sᵢ sⱼ (sᵢ + sⱼ)).
    """

    @staticmethod
    def forward(ctx: Any, matrices: torch.Tensor) -> torch.Tensor:
        values, vectors = torch.linalg.eigh(matrices)
        roots = values.sqrt()
        ctx.save_for_backward(roots, vectors)
        inverse: torch.Tensor = vectors / roots[:, None, :] @ vectors.mT
        return inverse

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: torch.Tensor) -> torch.Tensor:
        roots, vectors = ctx.saved_tensors
        rows, columns = roots[:, :, None], roots[:, None, :]
        inner = vectors.mT @ ((gradient + gradient.mT) / 2) @ vectors
        outer: torch.Tensor = vectors @ (inner / (-rows * columns * (rows + columns))) @ vectors.mT
        return outer


def _grouped(x: torch.Tensor, groups: int) -> torch.Tensor:
    """Return `x` in the shape (group, channel of the group, value)."""
    return x.transpose(0, 1).reshape(groups, x.shape[1] // groups, -1)


def _restored(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return y.reshape(x.shape[1], x.shape[0], *x.shape[2:]).transpose(0, 1)


def decorrelated_batch_normalization(
    x: Any,
    *,
    groups: int = 16,
    eps: float = 2e-5,
    running_mean: Any = None,
    running_projection: Any = None,
    decay: float = 0.9,
) -> Variable:
    """Return (C + ε I)^(−1/2) (x − mean) for each group of channels, C being their covariance.

    Args:
        x: Batch, floating, shape (batch, channel, ...).
        groups: Number of groups, a divisor of the number of channels.
        eps: ε.
        running_mean: Array of shape (groups, channels / groups) that takes a share of the batch's
            mean, in place.
        running_projection: Array of shape (groups, channels / groups, channels / groups) that does
            the same with the batch's matrix, times m / (m − 1) for m values a channel.
        decay: Share of the running statistics that is kept, in [0, 1].

    Raises:
        InvalidType: `groups` does not divide the channels.

    Differs: its gradient cannot be differentiated again, as in Chainer, but says so at once.
    """
    statistics: list[torch.Tensor] = []

    def check(label: str, x: torch.Tensor) -> None:
        floating(label, x)
        if x.ndim < 2 or x.shape[1] % groups:
            reject(label, f"axes (batch, channel, ...) and {groups} groups of channels", x)

    def whiten(x: torch.Tensor) -> torch.Tensor:
        values = _grouped(x, groups)
        mean = values.mean(2, keepdim=True)
        values = values - mean
        identity = torch.eye(values.shape[1], dtype=x.dtype, device=x.device)
        covariance = values @ values.mT / values.shape[2] + eps * identity
        projection = _InverseRoot.apply(covariance)  # type: ignore[no-untyped-call]
        statistics[:] = mean.squeeze(2), projection
        return _restored(projection @ values, x)

    y = apply("DecorrelatedBatchNormalization", whiten, x, check=check)
    mean, projection = (array_of(s) for s in statistics)
    samples = math.prod(y.shape) // y.shape[1]
    if running_mean is not None:
        running_mean[...] = decay * running_mean + (1 - decay) * mean
    if running_projection is not None:
        share = (1 - decay) * samples / max(samples - 1, 1)
        running_projection[...] = decay * running_projection + share * projection
    return y


def fixed_decorrelated_batch_normalization(
    x: Any, mean: Any, projection: Any, groups: int = 16
) -> Variable:
    """Return projection (x − mean) for each group of channels.

    Args:
        x: Batch, floating, shape (batch, channel, ...).
        mean: Means of the dtype of `x`, shape (groups, channels / groups).
        projection: Matrices, shape (groups, channels / groups, channels / groups).
        groups: Number of groups.

    Raises:
        InvalidType: The dtypes do not fit.

    Differs: `mean` and `projection` get their true gradients.
    """

    def check(label: str, x: torch.Tensor, *given: torch.Tensor) -> None:
        floating(label, x)
        if x.ndim < 2 or any(g.dtype != x.dtype for g in given):
            reject(label, "x (batch, channel, ...), mean and projection of one dtype", x, *given)

    def project(x: torch.Tensor, mean: torch.Tensor, projection: torch.Tensor) -> torch.Tensor:
        return _restored(projection @ (_grouped(x, groups) - mean[:, :, None]), x)

    return apply("FixedDecorrelatedBatchNormalization", project, x, mean, projection, check=check)
