"""Averaged stochastic gradient descent in torch's words."""

from __future__ import annotations

from typing import Any

from catenary.expr import maximum, where
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class ASGDHyper(Hyper):
    lr: float = hyper(default=1e-2, ge=0, unit="p²/L")
    lambd: float = hyper(default=1e-4, unit="L/p²")
    alpha: float = hyper(default=0.75)
    t0: float = hyper(default=1e6)
    weight_decay: float = hyper(default=0.0, ge=0, unit="L/p²")
    maximize: bool = hyper(default=False, kw_only=True)


class ASGDRule(ASGDHyper, FormulaRule):
    """Go against the gradient with a falling rate, and average where one has been.

        g ← g + weight_decay · p
        p ← (1 − lambd · η) p − η · g
        a ← a + μ (p − a)                           (a = p while μ = 1)
        η ← lr / (1 + lambd · lr · t)^α             (η = lr at first)
        μ ← 1 / max(1, t − t0)                      (μ = 1 at first)

    Shapes: p, g and a share one shape; any shape, empty included. η and μ are one number each.
    Units:  g [L/p], a [p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p²/L], at least 0.
        lambd: Decay, also of the rate, [L/p²].
        alpha: Power with which the rate falls, no unit.
        t0: Step after which a becomes an average, no unit.
        weight_decay: Decay through the gradient, [L/p²], at least 0.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Polyak and Juditsky, Acceleration of stochastic approximation by averaging (1992).
    Differs: η and μ are kept in float64, in torch.optim.ASGD in torch's default dtype.
    """

    eta = slot("lr", scalar=True)
    mu = slot(1.0, scalar=True)
    ax = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, eta: Any, mu: Any, ax: Any, h: Any) -> Any:
        if h.maximize:
            g = -g
        g = g + h.weight_decay * p
        p = p * (1 - h.lambd * eta) - eta * g
        ax = where(mu == 1, p, ax + mu * (p - ax))
        eta = h.lr / (1 + h.lambd * h.lr * h.t) ** h.alpha
        mu = 1 / maximum(1, h.t - h.t0)
        return p, eta, mu, ax


class ASGD(ASGDHyper, Optimizer):
    """``torch.optim.ASGD``, fused: :class:`ASGDRule` for every parameter."""

    rule = ASGDRule
