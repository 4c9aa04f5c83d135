"""Adam and AdamW in torch's words."""

from __future__ import annotations

from typing import Any

import torch

from catenary.errors import HyperparameterError
from catenary.expr import maximum, sqrt
from catenary.optim.optimizer import Optimizer
from catenary.optimizer import FormulaRule, Hyper, hyper, slot


class AdamHyper(Hyper):
    lr: float = hyper(default=1e-3, ge=0, unit="p")
    betas: tuple[float, float] = hyper(default=(0.9, 0.999), ge=0, lt=1)
    eps: float = hyper(default=1e-8, ge=0, unit="L/p")
    weight_decay: float = hyper(default=0.0, ge=0)
    amsgrad: bool = hyper(default=False)
    maximize: bool = hyper(default=False, kw_only=True)
    decoupled_weight_decay: bool = hyper(default=False, kw_only=True)


class AdamRule(AdamHyper, FormulaRule):
    """Divide a running mean of gradients by the root of a running mean of their squares.

        g ← g + weight_decay · p                     (decoupled: p ← (1 − lr · weight_decay) p)
        m ← m + (1 − β₁)(g − m)
        v ← β₂ v + (1 − β₂) g²
        p ← p − lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + ε)

    With amsgrad, v̂ ← max(v̂, v) stands for v in the last line.

    Shapes: p, g, m, v and v̂ share one shape; any shape, empty included.
    Units:  g and m [L/p], v and v̂ [L²/p²], for a parameter in [p] and a loss in [L].

    Args:
        lr: Learning rate, [p], at least 0.
        betas: Shares of m and of v kept at each step, no unit, in [0, 1).
        eps: Floor of the denominator, [L/p], at least 0.
        weight_decay: Through the gradient [L/p²], or decoupled [1/p]; at least 0.
        amsgrad: Whether the denominator may never shrink.
        maximize: Whether the objective is to grow.
        decoupled_weight_decay: Whether the decay passes by m and v.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Kingma and Ba (2015); decoupled decay: Loshchilov and Hutter (2019); amsgrad: Reddi,
        Kale and Kumar (2018).
    Differs: nothing from torch.optim.Adam. In catenary.optimizers.Adam ε stands beside √v before
        the bias correction, and the decay is eta · weight_decay_rate, without lr.
    """

    exp_avg = slot(0.0)
    exp_avg_sq = slot(0.0)
    max_exp_avg_sq = slot(0.0, when="amsgrad")

    @staticmethod
    def step(p: Any, g: Any, exp_avg: Any, exp_avg_sq: Any, max_exp_avg_sq: Any, h: Any) -> Any:
        beta1, beta2 = h.betas
        if h.maximize:
            g = -g
        if h.decoupled_weight_decay:
            p = p * (1 - h.lr * h.weight_decay)
        else:
            g = g + h.weight_decay * p
        exp_avg = exp_avg + (1 - beta1) * (g - exp_avg)
        exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g
        if h.amsgrad:
            max_exp_avg_sq = maximum(max_exp_avg_sq, exp_avg_sq)
        root = sqrt(max_exp_avg_sq if h.amsgrad else exp_avg_sq)
        denominator = root / sqrt(1 - beta2**h.t) + h.eps
        rate = h.lr / (1 - beta1**h.t)
        return p - rate * (exp_avg / denominator), exp_avg, exp_avg_sq, max_exp_avg_sq


class Adam(AdamHyper, Optimizer):
    """``torch.optim.Adam``, fused: :class:`AdamRule` for every parameter."""

    rule = AdamRule

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add tensors with hyperparameters of their own.

        Args:
            param_group: ``{"params": tensors or (name, tensor) pairs, ...}``; what it does not name
                has the optimizer's value.

        Raises:
            WrongWordError: If a word is Chainer's, or looks like a misspelled one of ours.
            HyperparameterError: If one of `betas` is a tensor and the other is not, as in torch.
        """
        given = {**self.defaults, **param_group}
        betas = given.get("betas")
        pair = betas if isinstance(betas, (tuple, list)) else ()
        kinds = {isinstance(beta, torch.Tensor) for beta in pair}
        if len(kinds) > 1:
            raise HyperparameterError(
                f"{type(self).__name__} got betas={given['betas']!r}; give two floats, or two "
                f"tensors of one element."
            )
        super().add_param_group(param_group)


class AdamWHyper(AdamHyper):
    weight_decay: float = hyper(default=1e-2, ge=0)
    decoupled_weight_decay: bool = hyper(default=True, kw_only=True)


class AdamWRule(AdamWHyper, AdamRule):
    """:class:`AdamRule` with decoupled decay: p ← (1 − lr · weight_decay) p before the step."""


class AdamW(AdamWHyper, Adam):
    """``torch.optim.AdamW``, fused: Adam with decoupled weight decay, 0.01 by default.

    Differs: nothing from torch. Chainer's AdamW decays by eta · weight_decay_rate, without lr: the
    same number is a thousand times stronger there.
    """

    rule = AdamWRule
