"""Momentum SGD: step along a decaying sum of past steps."""

from __future__ import annotations

from typing import Any

from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class MomentumSGDHyper(Hyper):
    lr: float = hyper(default=0.01, ge=0, unit="p²/L")
    momentum: float = hyper(default=0.9, ge=0, le=1)


class MomentumSGDRule(MomentumSGDHyper, FormulaRule):
    """Keep a velocity, slow it down a little, push it against the gradient.

        v ← momentum · v − lr · g
        p ← p + v

    Shapes: p, g and v share one shape; any shape, empty included.
    Units:  g [L/p], v [p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p²/L], at least 0.
        momentum: Share of the velocity kept at each step, no unit, in [0, 1].

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Polyak, Some methods of speeding up the convergence of iteration methods (1964).
    Differs: torch's SGD(momentum) keeps the velocity without the learning rate in it, so a changed
        lr acts on past gradients too; here, as in Chainer, it acts on new ones
        (:class:`~catenary.optimizers.CorrectedMomentumSGD` is torch's way).
    """

    v = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, v: Any, h: Any) -> Any:
        v = h.momentum * v - h.lr * g
        return p + v, v


class MomentumSGD(MomentumSGDHyper, GradientMethod):
    """Momentum SGD optimizer: :class:`MomentumSGDRule` for every parameter."""

    rule = MomentumSGDRule
