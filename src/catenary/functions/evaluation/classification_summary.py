"""Precision, recall and their mean, class by class."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply_many
from catenary.functions.evaluation._scores import scores_and_classes
from catenary.variable import Variable

__all__ = ["classification_summary", "f1_score", "fbeta_score", "precision", "recall"]


def classification_summary(
    y: Any, t: Any, label_num: int | None = None, beta: float = 1.0, ignore_label: int = -1
) -> tuple[Variable, ...]:
    """Return precision, recall, Fβ and support of each class; NaN where there is nothing to divide.

    Args:
        y: Scores, floating, shape (batch, class, ...).
        t: Classes, ints, shape (batch, ...).
        label_num: Number of classes; one more than the largest in `t` by default.
        beta: Weight of recall in Fβ = (1 + β²) P R / (β² P + R).
        ignore_label: Class of samples that do not count.
    """

    def summary(y: torch.Tensor, t: torch.Tensor) -> tuple[torch.Tensor, ...]:
        counted = (t != ignore_label).flatten()
        true = t.flatten()[counted].long()
        said = y.detach().argmax(1).flatten()[counted]
        classes = int(t.max()) + 1 if label_num is None else label_num
        support, relevant, hits = (
            torch.bincount(each[each < classes], minlength=classes)
            for each in (true, said, true[true == said])
        )
        p, r = hits.double() / relevant, hits.double() / support
        return p, r, (1 + beta**2) * p * r / (beta**2 * p + r), support

    return apply_many("ClassificationSummary", summary, y, t, check=scores_and_classes)


def precision(
    y: Any, t: Any, label_num: int | None = None, ignore_label: int = -1
) -> tuple[Variable, Variable]:
    """Return the precision and the support of each class; see :func:`classification_summary`."""
    summary = classification_summary(y, t, label_num, 1.0, ignore_label)
    return summary[0], summary[3]


def recall(
    y: Any, t: Any, label_num: int | None = None, ignore_label: int = -1
) -> tuple[Variable, Variable]:
    """Return the recall and the support of each class; see :func:`classification_summary`."""
    summary = classification_summary(y, t, label_num, 1.0, ignore_label)
    return summary[1], summary[3]


def fbeta_score(
    y: Any, t: Any, label_num: int | None = None, beta: float = 1.0, ignore_label: int = -1
) -> tuple[Variable, Variable]:
    """Return Fβ and the support of each class; see :func:`classification_summary`."""
    summary = classification_summary(y, t, label_num, beta, ignore_label)
    return summary[2], summary[3]


def f1_score(
    y: Any, t: Any, label_num: int | None = None, ignore_label: int = -1
) -> tuple[Variable, Variable]:
    """Return F₁ and the support of each class; see :func:`classification_summary`."""
    return fbeta_score(y, t, label_num, 1.0, ignore_label)
