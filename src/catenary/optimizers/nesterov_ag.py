"""Nesterov's accelerated gradient: momentum that looks ahead."""

from __future__ import annotations

from typing import Any

from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class NesterovAGHyper(Hyper):
    lr: float = hyper(default=0.01, ge=0, unit="p²/L")
    momentum: float = hyper(default=0.9, ge=0, le=1)


class NesterovAGRule(NesterovAGHyper, FormulaRule):
    """Take the momentum step that the next velocity would take.

        v ← momentum · v − lr · g
        p ← p + momentum² · v − (1 + momentum) · lr · g

    Shapes: p, g and v share one shape; any shape, empty included.
    Units:  g [L/p], v [p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p²/L], at least 0.
        momentum: Share of the velocity kept at each step, no unit, in [0, 1].

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Bengio, Boulanger-Lewandowski and Pascanu, Advances in optimizing recurrent networks
        (2012).
    Differs: as in Chainer, momentum² multiplies the velocity after its update.
    """

    v = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, v: Any, h: Any) -> Any:
        v = h.momentum * v - h.lr * g
        return p + h.momentum * h.momentum * v - (1 + h.momentum) * h.lr * g, v


class NesterovAG(NesterovAGHyper, GradientMethod):
    """Nesterov's accelerated gradient: :class:`NesterovAGRule` for every parameter."""

    rule = NesterovAGRule
