"""LARS: momentum SGD whose rate follows the norms of each layer."""

from __future__ import annotations

from typing import Any

from catenary.expr import norm, where
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class LARSHyper(Hyper):
    lr: float = hyper(default=0.1, ge=0)
    momentum: float = hyper(default=0.9, ge=0)
    weight_decay: float = hyper(default=0.0, ge=0, unit="L/p²")
    trust_coefficient: float = hyper(default=1e-3, ge=0)
    eps: float = hyper(default=1e-8, ge=0, unit="L/p")
    nesterov: bool = hyper(default=False)
    maximize: bool = hyper(default=False, kw_only=True)


class LARSRule(LARSHyper, FormulaRule):
    """Momentum SGD on a gradient that is scaled to the norm of the tensor's weights.

        λ = trust_coefficient · ‖p‖ / (‖g‖ + weight_decay · ‖p‖ + ε)       (1 where ‖p‖ is 0)
        d = λ (g + weight_decay · p)
        b ← momentum · b + d                        (without momentum: b = d)
        p ← p − lr · b                              (nesterov: p − lr (d + momentum · b))

    Shapes: p, g and b share one shape; any shape, empty included. Norms go over one tensor.
    Units:  g [L/p], b [p], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, no unit, at least 0.
        momentum: Share of b kept at each step, no unit, at least 0; 0: there is no b.
        weight_decay: Decay through the gradient, [L/p²], at least 0.
        trust_coefficient: Share of ‖p‖ that a step of rate 1 goes, no unit, at least 0.
        eps: Floor of the denominator, [L/p], at least 0.
        nesterov: Whether the step looks ahead along b.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: You, Gitman and Ginsburg, Large batch training of convolutional networks (2017).
    Differs: as in apex's LARC over torch's SGD, b holds no learning rate, there is an ε, and a
        tensor of zeros moves with λ = 1; in the paper b holds lr · d, so a change of lr acts on
        past gradients later, and zeros never move. LARC's default trust_coefficient is 0.02.
    """

    momentum_buffer = slot(0.0, when="momentum")

    @staticmethod
    def step(p: Any, g: Any, momentum_buffer: Any, h: Any) -> Any:
        if h.maximize:
            g = -g
        of_weights = norm(p)
        below = norm(g) + h.weight_decay * of_weights + h.eps
        scaled = h.trust_coefficient * of_weights / below
        trust = where((of_weights > 0) & (below > 0), scaled, 1)
        step = trust * (g + h.weight_decay * p)
        if momentum_buffer is None:
            return p - h.lr * step, None
        momentum_buffer = h.momentum * momentum_buffer + step
        ahead = step + h.momentum * momentum_buffer if h.nesterov else momentum_buffer
        return p - h.lr * ahead, momentum_buffer


class LARS(LARSHyper, Optimizer):
    """LARS (You et al. 2017), fused: :class:`LARSRule` for every parameter."""

    rule = LARSRule
