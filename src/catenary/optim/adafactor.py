"""Adafactor: Adam's second moment from the sums of its rows and columns."""

from __future__ import annotations

from typing import Any

import torch

from catenary.optim.optimizer import Optimizer
from catenary.optimizer import Hyper, MatrixRule, hyper, slot


class AdafactorHyper(Hyper):
    lr: float = hyper(default=1e-2, ge=0)
    beta2_decay: float = hyper(default=-0.8, le=0)
    eps: tuple[float | None, float] = hyper(default=(None, 1e-3), ge=0)
    d: float = hyper(default=1.0, ge=1)
    weight_decay: float = hyper(default=0.0, ge=0)
    maximize: bool = hyper(default=False, kw_only=True)


class AdafactorRule(AdafactorHyper, MatrixRule):
    """Scale a gradient by second moments kept as one row and one column a matrix.

        b = t^beta2_decay,  ρ = min(lr, 1 / √t),  α = max(ε₂, rms(p)) ρ
        r ← r + b (mean of g² over columns − r)
        c ← c + b (mean of g² over rows − c)
        v = r c / max(mean(r), ε₁)              (one dimension: v ← v + b (g² − v))
        u = g / √max(v, ε₁²)
        p ← (1 − lr · weight_decay) p − α u / max(1, rms(u) / d)

    Shapes: p and g share one shape; r (…, rows, 1) and c (…, 1, columns) factor the last two
        dimensions; v has the shape of p where p has fewer.

    Args:
        lr: Upper limit of the relative step, at least 0.
        beta2_decay: Exponent by which the averages forget ever less, at most 0.
        eps: (ε₁, ε₂): floor of the second moment, None for the machine epsilon, and
            floor of the parameter's scale.
        d: Largest rms of an update, at least 1.
        weight_decay: Decoupled decay, at least 0; decays by lr · weight_decay.
        maximize: Whether the objective is to grow.

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Shazeer and Stern, Adafactor: adaptive learning rates with sublinear memory cost (2018).
    Differs: nothing from torch.optim.Adafactor, but parameters of one shape are updated together.
    """

    inhomogeneous = "steps are relative to the size of the parameter, with an absolute floor"
    row_var = slot(0.0)
    col_var = slot(0.0)
    variance = slot(0.0)

    @classmethod
    def shapes(cls, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
        """Return rows and columns for matrices and stacks of them, a full array for the rest."""
        if len(shape) < 2:
            return {"variance": shape}
        return {"row_var": (*shape[:-1], 1), "col_var": (*shape[:-2], 1, shape[-1])}

    @staticmethod
    def step(p: Any, g: Any, row_var: Any, col_var: Any, variance: Any, h: Any) -> Any:
        own = tuple(range(1, p.ndim))
        eps1 = torch.finfo(p.dtype).eps if h.eps[0] is None else h.eps[0]
        forget = h.t**h.beta2_decay
        rho = min(h.lr, h.t**-0.5)
        alpha = _rms(p, own).clamp(min=h.eps[1]) * rho
        if h.maximize:
            g = -g
        p = p * (1 - h.lr * h.weight_decay)
        if variance is None:
            row_var = torch.lerp(row_var, g.square().mean(-1, keepdim=True), forget)
            col_var = torch.lerp(col_var, g.square().mean(-2, keepdim=True), forget)
            v = row_var @ col_var / row_var.mean(-2, keepdim=True).clamp(min=eps1)
        else:
            v = variance = torch.lerp(variance, g.square(), forget)
        u = g * v.clamp(min=eps1 * eps1).rsqrt()
        shortened = (_rms(u, own) / h.d).clamp(min=1.0)
        return p - alpha / shortened * u, row_var, col_var, variance


def _rms(x: torch.Tensor, dims: tuple[int, ...]) -> torch.Tensor:
    """Return the root of the mean square of each parameter of a stack."""
    return x.square().mean(dims, keepdim=True).sqrt() if dims else x.abs()


class Adafactor(AdafactorHyper, Optimizer):
    """``torch.optim.Adafactor``: :class:`AdafactorRule` for every parameter."""

    rule = AdafactorRule
