"""Loss of one right choice against some wrong ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from catenary.backend import CpuDevice
from catenary.backends.memory import tensor_of
from catenary.functions._apply import apply, floating, reject
from catenary.variable import as_array

__all__ = ["negative_sampling"]

_IGNORED = -1


def _check(label: str, x: torch.Tensor, t: torch.Tensor, W: torch.Tensor) -> None:
    floating(label, x, W)
    fits = x.ndim == W.ndim == 2 and x.shape[1] == W.shape[1] and tuple(t.shape) == (len(x),)
    if not fits or x.dtype != W.dtype or t.dtype != torch.int32:
        reject(label, "x (batch, length), int32 t (batch,) and W (choice, length)", x, t, W)


def negative_sampling(
    x: Any,
    t: Any,
    W: Any,
    sampler: Callable[[tuple[int, int]], Any],
    sample_size: int,
    reduce: str = "sum",
    *,
    return_samples: bool = False,
) -> Any:
    """Return −log sigmoid(x · W[t]) − Σ log sigmoid(−x · W[s]) over sampled wrong choices s.

    Args:
        x: Vectors, floating, shape (batch, length).
        t: Right choices, int32, shape (batch,); −1 is ignored.
        W: One vector a choice, shape (choice, length).
        sampler: Takes a shape and returns an int array of choices.
        sample_size: Number of wrong choices a sample.
        reduce: ``"sum"``, or ``"no"`` for one loss a sample.
        return_samples: Return (loss, choices); the choices have shape (batch, sample_size + 1),
            the right one first.

    Raises:
        ValueError: `reduce` is neither.
    """
    if reduce not in ("sum", "no"):
        raise ValueError(f"reduce must be 'sum' or 'no', got {reduce!r}")
    host = CpuDevice()
    target = host.send(as_array(t))
    if target.ndim != 1:
        reject("NegativeSamplingFunction", "int32 t (batch,)", tensor_of(target))
    samples = host.send(sampler((len(target), sample_size + 1)))
    samples[:, 0] = target
    places = tensor_of(samples).long()

    def loss(x: torch.Tensor, t: torch.Tensor, W: torch.Tensor) -> torch.Tensor:
        scores = torch.einsum("ij,ikj->ik", x, W[places.to(x.device)])
        signs = torch.ones_like(scores)
        signs[:, 0] = -1
        each = torch.nn.functional.softplus(signs * scores).sum(1)
        each = each.masked_fill(t == _IGNORED, 0)
        return each if reduce == "no" else each.sum()

    y = apply("NegativeSamplingFunction", loss, x, t, W, check=_check)
    return (y, samples) if return_samples else y
