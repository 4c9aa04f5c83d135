"""Cross entropy of one choice among classes."""

from __future__ import annotations

import math
from typing import Any

import torch

from catenary.functions._apply import apply, reject
from catenary.functions._outside import outside
from catenary.variable import Variable, as_array

__all__ = ["softmax_cross_entropy"]

_SOFT_TARGET_EPS = 1e-7

# What torch.nn.functional.cross_entropy calls, with the number 1 for "mean".
_mean: Any = torch._C._nn.cross_entropy_loss


def softmax_cross_entropy(
    x: Any,
    t: Any,
    normalize: bool = True,
    cache_score: bool = True,
    class_weight: Any = None,
    ignore_label: int = -1,
    reduce: str = "mean",
    enable_double_backprop: bool = False,
    soft_target_loss: str = "cross-entropy",
) -> Variable:
    """Return the cross entropy between softmax(x) and classes or distributions.

    Args:
        x: Scores before the softmax, floating, shape (batch, class, ...).
        t: Classes, ints of shape (batch, ...), or distributions, floating, of the shape of `x`.
            There is no gradient for it.
        normalize: Divide the sum by the number of classes that count; otherwise by the batch size.
        cache_score: Accepted and ignored; torch keeps what backward needs.
        class_weight: Array of one factor a class, or None. The divisor does not see it.
        ignore_label: Class of samples that do not count.
        reduce: ``"mean"``, or ``"no"`` for one loss a sample.
        enable_double_backprop: Accepted and ignored; it always works.
        soft_target_loss: ``"cross-entropy"`` or ``"kl-divergence"``, for distributions.

    Raises:
        ValueError: `reduce`, `soft_target_loss` or `class_weight` is none of these.
        IndexError: A class is outside the scores.
    """
    if reduce not in ("mean", "no"):
        raise ValueError(f"reduce must be 'mean' or 'no', got {reduce!r}")
    if soft_target_loss not in ("cross-entropy", "kl-divergence"):
        raise ValueError(
            f"soft_target_loss must be 'cross-entropy' or 'kl-divergence', got {soft_target_loss!r}"
        )
    weight = None if class_weight is None else _weight(class_weight)

    def loss(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        if not t.dtype.is_floating_point:
            classes = t.long()
            try:
                return _hard(x, classes, weight, ignore_label, normalize, reduce)
            except IndexError as error:
                counting, count = classes[classes != ignore_label], x.shape[1]
                raise outside("SoftmaxCrossEntropy", "t", counting, count, "classes") from error
        each = _soft(x, t.detach(), soft_target_loss)
        return each if reduce == "no" else each.sum() / (x.numel() // x.shape[1])

    return apply("SoftmaxCrossEntropy", loss, x, t, check=_check)


def _check(label: str, x: torch.Tensor, t: torch.Tensor) -> None:
    if not x.dtype.is_floating_point:
        reject(label, "scores of a floating dtype (cast with astype)", x, t)
    shape = x.shape
    if t.dtype.is_floating_point:
        if shape != t.shape:
            reject(label, "integers t (batch, ...), or distributions t of the shape of x", x, t)
    elif len(shape) < 2 or t.shape != (shape[0], *shape[2:]):
        reject(label, "x (batch, class, ...) and integers t (batch, ...)", x, t)


def _weight(class_weight: Any) -> torch.Tensor:
    weight = as_array(class_weight)
    weight = weight if isinstance(weight, torch.Tensor) else torch.as_tensor(weight)
    if weight.ndim != 1 or not weight.is_floating_point():
        raise ValueError(
            f"class_weight must be one floating number a class, got shape {tuple(weight.shape)} "
            f"of {weight.dtype}"
        )
    return weight


def _hard(
    x: torch.Tensor,
    t: torch.Tensor,
    weight: torch.Tensor | None,
    ignore_label: int,
    normalize: bool,
    reduce: str,
) -> torch.Tensor:
    if weight is None and normalize and reduce == "mean" and x.is_cpu:
        mean: torch.Tensor = _mean(x, t, None, 1, ignore_label, 0.0)
        # torch's mean over no sample at all is NaN; ours is 0, as the sum below makes it. On other
        # devices a look at the mean would have to wait for it.
        if not math.isnan(mean.item()):
            return mean
    factors = None if weight is None else weight.to(x.device, x.dtype)
    result = torch.nn.functional.cross_entropy(
        x, t, factors, ignore_index=ignore_label, reduction="none" if reduce == "no" else "sum"
    )
    if reduce == "no":
        return result
    return result / ((t != ignore_label).sum().clamp(min=1) if normalize else max(len(x), 1))


def _soft(x: torch.Tensor, t: torch.Tensor, kind: str) -> torch.Tensor:
    log_y = torch.log_softmax(x, 1)
    if kind == "kl-divergence":
        return (t * (torch.log(t + _SOFT_TARGET_EPS) - log_y)).sum(1)
    return -(t * log_y).sum(1)
