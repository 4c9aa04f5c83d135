"""M-SVAG: momentum, damped where the gradient's variance is large."""

from __future__ import annotations

from typing import Any

from catenary.expr import isnan, maximum, minimum, where
from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class MSVAGHyper(Hyper):
    lr: float = hyper(default=0.1, ge=0, unit="p²/L")
    beta: float = hyper(default=0.9, ge=0, lt=1)
    eta: float = hyper(default=1.0, ge=0)
    weight_decay_rate: float = hyper(default=0.0, ge=0)


class MSVAGRule(MSVAGHyper, FormulaRule):
    """Shrink each element of the averaged gradient by its estimated noise.

        m ← m + (1 − β)(g − m),   m̄ = m / (1 − βᵗ)
        v ← v + (1 − β)(g² − v),  v̄ = v / (1 − βᵗ)
        ρ = min((1 − β)² (1 − β²ᵗ) / ((1 − βᵗ)² (1 − β²)), 0.9999),   s = (v̄ − m̄²) / (1 − ρ)
        γ = clip(m̄² / (m̄² + ρ s), 0, 1), and 0 where that is 0 / 0
        p ← p − η (lr · m̄ · γ + weight_decay_rate · p)

    Shapes: p, g, m and v share one shape; any shape, empty included.
    Units:  g and m [L/p], v [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p²/L], at least 0.
        beta: Share of both averages kept at each step, no unit, in [0, 1).
        eta: Multiplier of the whole step, no unit, at least 0.
        weight_decay_rate: Decoupled decay, no unit, at least 0.

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Balles and Hennig, Dissecting Adam, section 4 (2018); decay: Loshchilov and Hutter
        (2019).
    Differs: βᵗ is derived from `t`, so a resumed run continues exactly; Chainer forgets it.
    """

    m = slot(0.0)
    v = slot(0.0)

    @property
    def beta_power(self) -> float:
        """β to the power of the next update's number, as Chainer keeps it."""
        return float(self.value("beta")) ** (self.t + 1)

    @staticmethod
    def step(p: Any, g: Any, m: Any, v: Any, h: Any) -> Any:
        power = h.beta**h.t
        rho = (1 - h.beta) ** 2 * (1 - power**2) / ((1 - power) ** 2 * (1 - h.beta**2))
        rho = minimum(rho, 0.9999)
        m = m + (1 - h.beta) * (g - m)
        v = v + (1 - h.beta) * (g * g - v)
        mean = m / (1 - power)
        square = mean * mean
        variance = (v / (1 - power) - square) / (1 - rho)
        trust = minimum(maximum(square / (square + rho * variance), 0), 1)
        trust = where(isnan(trust), 0, trust)
        return p - h.eta * (h.lr * mean * trust + h.weight_decay_rate * p), m, v


class MSVAG(MSVAGHyper, GradientMethod):
    """M-SVAG optimizer: :class:`MSVAGRule` for every parameter."""

    rule = MSVAGRule
