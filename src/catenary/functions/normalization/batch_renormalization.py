"""Batch renormalization: the batch's statistics, corrected toward their running averages."""

from __future__ import annotations

import math
import warnings
from typing import Any

import torch

from catenary.backends.memory import array_of, tensor_of
from catenary.functions._apply import apply, floating, reject
from catenary.functions.normalization.batch_normalization import fixed_batch_normalization
from catenary.variable import Variable

__all__ = ["batch_renormalization", "fixed_batch_renormalization"]


def _check(label: str, x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> None:
    floating(label, x, gamma)
    if gamma.shape != beta.shape or gamma.dtype != beta.dtype:
        reject(label, "gamma and beta of one shape and dtype", x, gamma, beta)
    if gamma.ndim >= x.ndim or x.shape[1 : 1 + gamma.ndim] != gamma.shape:
        reject(label, "gamma of the shape of x's axes from 1 on", x, gamma)


def batch_renormalization(
    x: Any,
    gamma: Any,
    beta: Any,
    rmax: float,
    dmax: float,
    eps: float = 2e-5,
    running_mean: Any = None,
    running_var: Any = None,
    decay: float = 0.9,
    update_statistics: bool = False,
) -> Variable:
    """Return γ (x̂ r + d) + β, where x̂ is x normalized by the batch's mean μ and deviation σ.

    r = σ / σ' in [1 / rmax, rmax] and d = (μ − μ') / σ' in [−dmax, dmax] lead to the running
    statistics μ' and σ'; they are constants to the gradient.

    Args:
        x: Batch, floating; axis 0 counts examples and the axes of `gamma` follow.
        gamma: γ, floating.
        beta: β, of the same shape and dtype.
        rmax: Limit of r, at least 1.
        dmax: Limit of d, at least 0.
        eps: Floor of the variances.
        running_mean: Array of the shape of `gamma`.
        running_var: Array of the shape of `gamma`.
        decay: Share of the running statistics that is kept, in [0, 1].
        update_statistics: Whether to update the running statistics in place.

    Raises:
        TypeError: `running_mean` or `running_var` is not given.
        InvalidType: The shapes do not fit.
    """
    for name, value in (("running_mean", running_mean), ("running_var", running_var)):
        if value is None:
            raise TypeError(f"batch_renormalization needs {name}")
    statistics: list[torch.Tensor] = []
    kept: list[torch.Tensor] = []

    def normalize(x: torch.Tensor, gamma: torch.Tensor, beta: torch.Tensor) -> torch.Tensor:
        axes = (0, *range(gamma.ndim + 1, x.ndim))
        layout = (1, *gamma.shape, *(1,) * (x.ndim - gamma.ndim - 1))
        var, mean = torch.var_mean(x.to(gamma.dtype), axes, correction=0)
        std = torch.sqrt(var + eps)
        if not kept:
            old_mean, old_var = (tensor_of(a).to(gamma) for a in (running_mean, running_var))
            old_std = torch.sqrt(old_var + eps)
            with torch.no_grad():
                kept.append(torch.clamp(std / old_std, 1.0 / rmax, rmax))
                kept.append(torch.clamp((mean - old_mean) / old_std, -dmax, dmax))
        r, d = kept
        statistics[:] = mean, var
        normal = (x - mean.reshape(layout)) / std.reshape(layout)
        moved = normal * r.reshape(layout) + d.reshape(layout)
        return (gamma.reshape(layout) * moved + beta.reshape(layout)).to(x.dtype)

    y = apply("BatchRenormalizationFunction", normalize, x, gamma, beta, check=_check)
    if update_statistics:
        mean, var = (array_of(s) for s in statistics)
        samples = math.prod(y.shape) // max(math.prod(gamma.shape), 1)
        unbiased = samples / max(samples - 1, 1)
        running_mean[...] = decay * running_mean + (1 - decay) * mean
        running_var[...] = decay * running_var + (1 - decay) * unbiased * var
    return y


def fixed_batch_renormalization(
    x: Any, gamma: Any, beta: Any, mean: Any, var: Any, eps: float = 2e-5
) -> Variable:
    """Return what :func:`fixed_batch_normalization` does. Deprecated, as in Chainer.

    Args:
        x: Batch, floating.
        gamma: Scale.
        beta: Shift.
        mean: Mean.
        var: Variance.
        eps: Floor of the variance.
    """
    message = "fixed_batch_renormalization is deprecated; use fixed_batch_normalization"
    warnings.warn(message, DeprecationWarning, stacklevel=2)
    return fixed_batch_normalization(x, gamma, beta, mean, var, eps)
