"""Conditional random fields along sequences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from catenary.backends.memory import array_of
from catenary.functions._apply import apply, floating, reject
from catenary.functions.math.average import average
from catenary.variable import Variable

__all__ = ["argmax_crf1d", "crf1d"]


def _check(label: str, cost: torch.Tensor, *xs: torch.Tensor) -> None:
    floating(label, cost)
    fits = cost.ndim == 2 and len(set(cost.shape)) == 1
    rows = len(xs[0])
    for x in xs:
        fits = fits and x.ndim == 2 and x.shape[1] == len(cost) and x.dtype == cost.dtype
        fits, rows = fits and len(x) <= rows, len(x)
    if not fits:
        reject(label, "cost (K, K) and xs (batch, K), batches not growing", cost, *xs)


def _ended(new: torch.Tensor, old: torch.Tensor) -> torch.Tensor:
    """Return `new` followed by the rows of `old` whose sequences have ended."""
    return torch.cat([new, old[len(new) :]])


def crf1d(cost: Any, xs: Sequence[Any], ys: Sequence[Any], reduce: str = "mean") -> Variable:
    """Return −log p(ys), where log p ∝ Σ xs[i][ys[i]] + Σ cost[ys[i], ys[i + 1]].

    Args:
        cost: Score of each pair of successive labels, floating, shape (K, K).
        xs: Scores of the labels, one array a place of shape (batch, K). Sequences are sorted by
            falling length, so that later arrays may have fewer rows.
        ys: Labels, one int array a place of shape (batch,).
        reduce: ``"mean"`` over the sequences, or ``"no"`` for one loss each.

    Raises:
        ValueError: `reduce` is neither.
        InvalidType: The shapes do not fit.
    """
    if reduce not in ("mean", "no"):
        raise ValueError(f"reduce must be 'mean' or 'no', got {reduce!r}")
    steps = len(xs)

    def losses(cost: torch.Tensor, *parts: torch.Tensor) -> torch.Tensor:
        scores, labels = parts[:steps], [y.long() for y in parts[steps:]]
        alpha, chosen = scores[0], _picked(scores[0], labels[0])
        for x, y, before in zip(scores[1:], labels[1:], labels[:-1], strict=True):
            n = len(x)
            reached = torch.logsumexp(alpha[:n, :, None] + cost, 1) + x
            alpha = _ended(reached, alpha)
            chosen = _ended(chosen[:n] + _picked(x, y) + cost[before[:n], y], chosen)
        return torch.logsumexp(alpha, 1) - chosen

    def check(label: str, cost: torch.Tensor, *parts: torch.Tensor) -> None:
        _check(label, cost, *parts[:steps])
        if any(y.shape != x.shape[:1] for x, y in zip(parts[:steps], parts[steps:], strict=True)):
            reject(label, "ys (batch,) of the batches of xs", *parts)

    loss = apply("CRF1d", losses, cost, *xs, *ys, check=check)
    return average(loss) if reduce == "mean" else loss


def _picked(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return x[torch.arange(len(x), device=x.device), y]


def argmax_crf1d(cost: Any, xs: Sequence[Any]) -> tuple[Variable, list[Any]]:
    """Return the labels that :func:`crf1d` finds most likely, and their scores.

    Args:
        cost: As for :func:`crf1d`.
        xs: As for :func:`crf1d`.

    Returns:
        Variable of shape (batch,), and a list of int32 arrays, one a place.

    Raises:
        InvalidType: The shapes do not fit.
    """
    path: list[torch.Tensor] = []

    def best(cost: torch.Tensor, *xs: torch.Tensor) -> torch.Tensor:
        alpha, origins = xs[0], []
        for x in xs[1:]:
            reached, origin = (alpha[: len(x), :, None] + cost).max(1)
            origins.append(origin)
            alpha = _ended(reached + x, alpha)
        score, place = alpha.max(1)
        for x, origin in zip(xs[:0:-1], origins[::-1], strict=True):
            path.append(place[: len(x)])
            place = _ended(_picked(origin, path[-1]), place)
        path.append(place)
        return score

    score = apply("ArgmaxCRF1d", best, cost, *xs, check=_check)
    return score, [array_of(place.int()) for place in reversed(path)]
