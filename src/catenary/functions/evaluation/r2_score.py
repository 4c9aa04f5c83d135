"""Coefficient of determination."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["r2_score"]


def _check(label: str, pred: torch.Tensor, true: torch.Tensor) -> None:
    floating(label, pred, true)
    if pred.shape != true.shape:
        reject(label, "one shape", pred, true)


def r2_score(
    pred: Any, true: Any, sample_weight: Any = None, multioutput: str = "uniform_average"
) -> Variable:
    """Return R² = 1 − Σ (true − pred)² / Σ (true − mean of true)², 0 where `true` is constant.

    It has no gradient.

    Args:
        pred: Predicted values, Variable or array, floating; axis 0 counts samples.
        true: True values, of the same shape.
        sample_weight: None; other values are not supported.
        multioutput: ``"uniform_average"`` over the outputs, or ``"raw_values"`` for one score each.

    Raises:
        NotImplementedError: `sample_weight` is given.
        ValueError: `multioutput` is neither.
    """
    if sample_weight is not None:
        raise NotImplementedError("r2_score weighs all samples alike; sample_weight must be None")
    if multioutput not in ("uniform_average", "raw_values"):
        raise ValueError(
            f"multioutput must be 'uniform_average' or 'raw_values', got {multioutput!r}"
        )

    def score(pred: torch.Tensor, true: torch.Tensor) -> torch.Tensor:
        pred, true = pred.detach(), true.detach()
        residual = ((pred - true) ** 2).sum(0)
        total = ((true - true.mean(0)) ** 2).sum(0)
        scores = torch.where(total == 0, 0, 1 - residual / total).to(pred.dtype)
        return scores.mean() if multioutput == "uniform_average" else scores

    return apply("R2_score", score, pred, true, check=_check)
