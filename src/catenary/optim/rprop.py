"""Rprop in torch's words."""

from __future__ import annotations

from typing import Any

from catenary.errors import HyperparameterError
from catenary.expr import maximum, minimum, sign, where
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class RpropHyper(Hyper):
    lr: float = hyper(default=1e-2, ge=0, unit="p")
    etas: tuple[float, float] = hyper(default=(0.5, 1.2), gt=0)
    step_sizes: tuple[float, float] = hyper(default=(1e-6, 50.0), unit="p")
    maximize: bool = hyper(default=False, kw_only=True)


class RpropRule(RpropHyper, FormulaRule):
    """Steps of an own size for every element, which grow until the gradient changes its sign.

        s ← clip(s · η₊, step_sizes)        where g and the last gradient agree in sign
        s ← clip(s · η₋, step_sizes), g ← 0       where they disagree
        s ← clip(s, step_sizes)             elsewhere       (s = lr at first)
        p ← p − sign(g) · s

    Shapes: p, g, s and the last gradient ĝ share one shape; any shape, empty included.
    Units:  g and ĝ [L/p], s [p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Size of the first step, [p], at least 0.
        etas: η₋ and η₊, no unit; η₋ in (0, 1), η₊ above 1.
        step_sizes: Smallest and largest step, [p].
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Riedmiller and Braun, The RPROP algorithm (1993).
    Differs: a gradient that is NaN makes the parameter NaN; torch.optim.Rprop passes over it.
    """

    prev = slot(0.0)
    step_size = slot("lr")

    @staticmethod
    def step(p: Any, g: Any, prev: Any, step_size: Any, h: Any) -> Any:
        shorter, longer = h.etas
        smallest, largest = h.step_sizes
        if h.maximize:
            g = -g
        agreement = g * prev
        factor = where(agreement > 0, longer, where(agreement < 0, shorter, 1))
        step_size = minimum(maximum(step_size * factor, smallest), largest)
        g = where(agreement < 0, 0, g)
        return p - sign(g) * step_size, g, step_size

    def check_hyperparameters(self, dtype: Any = None) -> None:
        super().check_hyperparameters(dtype)
        shorter, longer = self.etas
        if not shorter < 1 < longer:
            raise HyperparameterError(
                f"Rprop got etas=({shorter}, {longer}); steps shrink by the first, in (0, 1), and "
                f"grow by the second, above 1. The default is (0.5, 1.2)."
            )


class Rprop(RpropHyper, Optimizer):
    """``torch.optim.Rprop``, fused: :class:`RpropRule` for every parameter."""

    rule = RpropRule
