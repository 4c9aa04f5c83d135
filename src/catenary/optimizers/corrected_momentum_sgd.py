"""Momentum SGD whose velocity does not remember old learning rates."""

from __future__ import annotations

from typing import Any

from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class CorrectedMomentumSGDHyper(Hyper):
    lr: float = hyper(default=0.01, ge=0, unit="p²/L")
    momentum: float = hyper(default=0.9, ge=0, le=1)


class CorrectedMomentumSGDRule(CorrectedMomentumSGDHyper, FormulaRule):
    """Keep the velocity free of the learning rate, so that a new rate acts on all of it at once.

        v ← momentum · v − g
        p ← p + lr · v

    Shapes: p, g and v share one shape; any shape, empty included.
    Units:  g and v [L/p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p²/L], at least 0.
        momentum: Share of the velocity kept at each step, no unit, in [0, 1].

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Goyal et al., Accurate, large minibatch SGD, section 3 (2017).
    """

    v = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, v: Any, h: Any) -> Any:
        v = h.momentum * v - g
        return p + h.lr * v, v


class CorrectedMomentumSGD(CorrectedMomentumSGDHyper, GradientMethod):
    """Momentum SGD with corrected momentum: :class:`CorrectedMomentumSGDRule` for every
    parameter.
    """

    rule = CorrectedMomentumSGDRule
