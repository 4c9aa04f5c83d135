"""Stochastic gradient descent: step against the gradient."""

from __future__ import annotations

from typing import Any

from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper


class SGDHyper(Hyper):
    lr: float = hyper(default=0.01, ge=0, unit="p²/L")


class SGDRule(SGDHyper, FormulaRule):
    """Step against the gradient.

        p ← p − lr · g

    Shapes: p and g share one shape; any shape, empty included.
    Units:  g [L/p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p²/L], at least 0.

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Robbins and Monro, A stochastic approximation method (1951).
    """

    @staticmethod
    def step(p: Any, g: Any, h: Any) -> Any:
        return p - h.lr * g


class SGD(SGDHyper, GradientMethod):
    """Stochastic gradient descent: :class:`SGDRule` for every parameter."""

    rule = SGDRule
