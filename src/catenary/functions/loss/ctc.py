"""Loss of sequences of labels without known places."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy
import torch

from catenary.functions._apply import apply, reject
from catenary.functions.array.stack import stack
from catenary.variable import Variable, as_array

__all__ = ["connectionist_temporal_classification"]


def connectionist_temporal_classification(
    x: Any,
    t: Any,
    blank_symbol: int,
    input_length: Any = None,
    label_length: Any = None,
    reduce: str = "mean",
) -> Variable:
    """Return −log of the probability of label sequences, summed over all their places.

    Args:
        x: Sequence of scores before the softmax, one Variable or array of shape (batch, class) for
            each time step.
        t: Labels, int32, shape (batch, length).
        blank_symbol: The class that stands for no label.
        input_length: Time steps of each sample, int32; all by default.
        label_length: Labels of each sample, int32; all by default.
        reduce: ``"mean"`` over samples, or ``"no"``.

    Raises:
        TypeError: `x` is no sequence, or `blank_symbol` no int.
        ValueError: `reduce` is neither.

    Differs:
        Labels that no place can hold give an infinite loss, where Chainer gives about 10¹⁰.
    """
    if not isinstance(x, Sequence):
        raise TypeError(f"x must be a list of Variables, got {type(x).__name__}")
    if not isinstance(blank_symbol, int):
        raise TypeError(f"blank_symbol must be an int, got {blank_symbol!r}")
    if reduce not in ("mean", "no"):
        raise ValueError(f"reduce must be 'mean' or 'no', got {reduce!r}")
    steps, samples = len(x), len(x[0])
    inputs = _lengths(input_length, steps, samples)
    labels = _lengths(label_length, t.shape[1], samples)

    def check(label: str, x: torch.Tensor, t: torch.Tensor) -> None:
        if t.dtype != torch.int32 or t.ndim != 2 or x.ndim != 3 or len(t) != x.shape[1]:
            reject(label, "scores (step, batch, class) and int32 labels (batch, length)", x, t)

    def loss(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        each = torch.nn.functional.ctc_loss(
            torch.log_softmax(x, 2), t.long(), inputs, labels, blank_symbol, "none"
        )
        return each if reduce == "no" else each.mean()

    return apply("ConnectionistTemporalClassification", loss, stack(x), t, check=check)


def _lengths(given: Any, default: int, samples: int) -> Any:
    if given is None:
        return (default,) * samples
    return tuple(numpy.asarray(as_array(given)).tolist())
