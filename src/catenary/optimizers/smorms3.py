"""SMORMS3: squared mean over root mean squared, cubed."""

from __future__ import annotations

from typing import Any

from catenary.expr import minimum, sqrt
from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class SMORMS3Hyper(Hyper):
    lr: float = hyper(default=0.001, ge=0)
    eps: float = hyper(default=1e-16, ge=0, kept=True)


class SMORMS3Rule(SMORMS3Hyper, FormulaRule):
    """Trust each element as far as its gradients agree, and remember longer where they do not.

        r   = 1 / (mem + 1)
        ḡ   ← (1 − r) ḡ + r g
        g2  ← (1 − r) g2 + r g²
        x   = ḡ² / (g2 + ε)
        p   ← p − g · min(x, lr) / (√g2 + ε)
        mem ← 1 + mem (1 − x)

    Shapes: p, g and the three states (`mem`, `g` and `g2`) share one shape; any shape, empty
        included.
    Units:  none hold: the step is a pure number whatever the parameter is measured in, and one ε is
        added to squared gradients and to their root.

    Args:
        lr: Largest step, bare, at least 0.
        eps: Floor of both denominators, bare, at least 0.

    Raises:
        HyperparameterError: At the first step with a value outside its range.

    Source: Funk, RMSprop loses to SMORMS3: beware the epsilon! (2015).
    """

    inhomogeneous = "the step is a pure number, whatever the parameter is measured in"

    mem = slot(1.0)
    average = slot(0.0, key="g")
    g2 = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, mem: Any, average: Any, g2: Any, h: Any) -> Any:
        r = 1 / (mem + 1)
        average = (1 - r) * average + r * g
        g2 = (1 - r) * g2 + r * g * g
        x = average * average / (g2 + h.eps)
        p = p - g * minimum(x, h.lr) / (sqrt(g2) + h.eps)
        return p, 1 + mem * (1 - x), average, g2


class SMORMS3(SMORMS3Hyper, GradientMethod):
    """SMORMS3 optimizer: :class:`SMORMS3Rule` for every parameter."""

    rule = SMORMS3Rule
