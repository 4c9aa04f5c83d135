"""AdaDelta: steps sized by the ratio of past steps to past gradients."""

from __future__ import annotations

from typing import Any

from catenary.expr import sqrt
from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class AdaDeltaHyper(Hyper):
    rho: float = hyper(default=0.95, ge=0, le=1)
    eps: float = hyper(default=1e-6, ge=0, kept=True)


class AdaDeltaRule(AdaDeltaHyper, FormulaRule):
    """Measure the step in the parameter's own unit, without a learning rate.

        msg  ← ρ msg + (1 − ρ) g²
        dx   = √((msdx + ε) / (msg + ε)) · g
        msdx ← ρ msdx + (1 − ρ) dx²
        p    ← p − dx

    Shapes: p, g, msg and msdx share one shape; any shape, empty included.
    Units:  none hold: one ε is added to squared gradients and to squared steps alike.

    Args:
        rho: Share of both averages kept at each step, no unit, in [0, 1].
        eps: Added to both averages; bare, at least 0.

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Zeiler, ADADELTA: an adaptive learning rate method (2012).
    """

    inhomogeneous = "one ε is added to squared gradients and to squared steps"

    msg = slot(0.0)
    msdx = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, msg: Any, msdx: Any, h: Any) -> Any:
        msg = h.rho * msg + (1 - h.rho) * g * g
        dx = sqrt((msdx + h.eps) / (msg + h.eps)) * g
        msdx = h.rho * msdx + (1 - h.rho) * dx * dx
        return p - dx, msg, msdx


class AdaDelta(AdaDeltaHyper, GradientMethod):
    """AdaDelta optimizer: :class:`AdaDeltaRule` for every parameter."""

    rule = AdaDeltaRule
