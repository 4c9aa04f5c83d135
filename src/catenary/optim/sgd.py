"""Stochastic gradient descent in torch's words."""

from __future__ import annotations

from typing import Any

from catenary.errors import HyperparameterError
from catenary.expr import where
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class SGDHyper(Hyper):
    lr: float = hyper(default=1e-3, ge=0, unit="p²/L")
    momentum: float = hyper(default=0.0, ge=0)
    dampening: float = hyper(default=0.0)
    weight_decay: float = hyper(default=0.0, ge=0, unit="L/p²")
    nesterov: bool = hyper(default=False)
    maximize: bool = hyper(default=False, kw_only=True)


class SGDRule(SGDHyper, FormulaRule):
    """Go against the gradient, or along a running sum of gradients.

        g ← g + weight_decay · p
        b ← momentum · b + (1 − dampening) g        (b = g at the first step)
        p ← p − lr · b                              (nesterov: p − lr (g + momentum · b))

    Shapes: p, g and b share one shape; any shape, empty included.
    Units:  g [L/p], b [L/p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p²/L], at least 0.
        momentum: Share of b kept at each step, no unit, at least 0; 0: there is no b.
        dampening: Share of the gradient that does not enter b, no unit.
        weight_decay: Decay through the gradient, [L/p²], at least 0.
        nesterov: Whether the step looks ahead along b; needs momentum and no dampening.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Sutskever et al., On the importance of initialization and momentum (2013).
    Differs: nothing from torch.optim.SGD. catenary.optimizers.MomentumSGD keeps −lr · b instead, so
        a change of lr acts on past gradients there only later.
    """

    counts_steps = False
    momentum_buffer = slot(0.0, when="momentum")

    @staticmethod
    def step(p: Any, g: Any, momentum_buffer: Any, h: Any) -> Any:
        if h.maximize:
            g = -g
        g = g + h.weight_decay * p
        if momentum_buffer is None:
            return p - h.lr * g, None
        kept = where(h.t <= 1, 1, 1 - h.dampening)
        momentum_buffer = h.momentum * momentum_buffer + kept * g
        ahead = g + h.momentum * momentum_buffer if h.nesterov else momentum_buffer
        return p - h.lr * ahead, momentum_buffer

    def check_hyperparameters(self, dtype: Any = None) -> None:
        super().check_hyperparameters(dtype)
        if self.nesterov and (self.momentum <= 0 or self.dampening != 0):
            raise HyperparameterError(
                f"SGD got nesterov=True with momentum={self.momentum} and "
                f"dampening={self.dampening}; Nesterov's step needs a momentum above 0 and no "
                f"dampening."
            )


class SGD(SGDHyper, Optimizer):
    """``torch.optim.SGD``, fused: :class:`SGDRule` for every parameter."""

    rule = SGDRule
