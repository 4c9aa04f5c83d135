"""AdaGrad: divide each gradient by the root of the sum of all its past squares."""

from __future__ import annotations

from typing import Any

from catenary.expr import sqrt
from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class AdaGradHyper(Hyper):
    lr: float = hyper(default=0.001, ge=0, unit="p")
    eps: float = hyper(default=1e-8, ge=0, unit="L/p", kept=True)


class AdaGradRule(AdaGradHyper, FormulaRule):
    """Give rarely moved elements longer steps.

        h ← h + g²
        p ← p − lr · g / (√h + ε)

    Shapes: p, g and h share one shape; any shape, empty included.
    Units:  g [L/p], h [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0.
        eps: Floor of the denominator, [L/p], at least 0.

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods (2011).
    """

    squares = slot(0.0, key="h")

    @staticmethod
    def step(p: Any, g: Any, squares: Any, h: Any) -> Any:
        squares = squares + g * g
        return p - h.lr * g / (sqrt(squares) + h.eps), squares


class AdaGrad(AdaGradHyper, GradientMethod):
    """AdaGrad optimizer: :class:`AdaGradRule` for every parameter."""

    rule = AdaGradRule
