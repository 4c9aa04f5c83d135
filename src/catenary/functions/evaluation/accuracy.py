"""Share of right classes."""

from __future__ import annotations

from typing import Any

import numpy
import torch

from catenary.backends.memory import array_of
from catenary.functions._apply import apply
from catenary.functions.evaluation._scores import scores_and_classes
from catenary.variable import Variable

__all__ = ["accuracy"]


def accuracy(y: Any, t: Any, ignore_label: int | None = None) -> Variable:
    """Return the share of samples whose highest score is at the right class, in the dtype of `y`.

    Args:
        y: Scores, floating, shape (batch, class, ...).
        t: Classes, ints, shape (batch, ...).
        ignore_label: Class of samples that do not count; if none count, the result is 0.
    """

    def share(y: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        scores = array_of(y)
        if not isinstance(scores, numpy.ndarray):
            return _share(y, t, ignore_label)
        # NumPy finds the highest scores many times faster than torch.
        labels = t.numpy()
        right = scores.argmax(1).reshape(labels.shape) == labels
        total = right.size
        if ignore_label is not None:
            counted = labels != ignore_label
            right &= counted
            total = max(numpy.count_nonzero(counted), 1)
        hits = numpy.count_nonzero(right)
        return torch.from_numpy(numpy.array(hits / total if total else numpy.nan, scores.dtype))

    return apply("Accuracy", share, y, t, check=scores_and_classes)


def _share(y: torch.Tensor, t: torch.Tensor, ignore_label: int | None) -> torch.Tensor:
    right = y.argmax(1).reshape(t.shape) == t
    if ignore_label is None:
        return right.mean(dtype=torch.float64).to(y.dtype)
    counted = t != ignore_label
    total = counted.sum().clamp(min=1)
    return ((right & counted).sum().double() / total).to(y.dtype)
