"""L1 regularization through the gradient."""

from __future__ import annotations

from typing import Any

from catenary.expr import sign
from catenary.optimizer import FormulaHook, hyper


class Lasso(FormulaHook):
    """Pull parameters toward zero by a constant amount:  g ← g + rate · sign(p).

    Args:
        rate: Strength, [L/p], any number.

    Source: Tibshirani, Regression shrinkage and selection via the lasso (1996).
    Differs: the gradient is unscaled first, so a loss scale does not weaken it as in Chainer.
    """

    rate: float = hyper(unit="L/p")

    @staticmethod
    def transform(p: Any, g: Any, h: Any) -> Any:
        return g + h.rate * sign(p)
