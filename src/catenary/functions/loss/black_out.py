"""Loss of one right choice against a few sampled ones."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.functions.math.average import average
from catenary.variable import Variable

__all__ = ["black_out"]


def _check(
    label: str, x: torch.Tensor, t: torch.Tensor, W: torch.Tensor, samples: torch.Tensor
) -> None:
    floating(label, x, W)
    fits = x.ndim == W.ndim == samples.ndim == 2 and x.shape[1] == W.shape[1]
    if not fits or x.dtype != W.dtype or t.shape != x.shape[:1] or len(samples) != len(x):
        expect = "x (batch, length), t (batch,), W (choice, length), samples (batch, sample)"
        reject(label, expect, x, t, W, samples)
    if t.is_floating_point() or samples.is_floating_point():
        reject(label, "choices that are integers", x, t, W, samples)


def _losses(
    x: torch.Tensor, t: torch.Tensor, W: torch.Tensor, samples: torch.Tensor
) -> torch.Tensor:
    choices = torch.cat([t[:, None], samples], 1).long()
    scores = torch.nn.functional.embedding(choices, W) @ x[:, :, None]
    logp = torch.log_softmax(scores.squeeze(2), 1)
    return -logp[:, 0] - torch.log(1 - torch.exp(logp[:, 1:])).sum(1)


def black_out(x: Any, t: Any, W: Any, samples: Any, reduce: str = "mean") -> Variable:
    """Return −log p(t) − Σ log(1 − p(s)), where p is the softmax of x · W over t and samples s.

    Args:
        x: Vectors, floating, shape (batch, length).
        t: Right choices, ints, shape (batch,).
        W: One vector a choice, shape (choice, length).
        samples: Wrong choices, ints, shape (batch, sample).
        reduce: ``"mean"``, or ``"no"`` for one loss a sample.

    Raises:
        InvalidType: The shapes do not fit.
    """
    loss = apply("BlackOut", _losses, x, t, W, samples, check=_check)
    return average(loss) if reduce == "mean" else loss
