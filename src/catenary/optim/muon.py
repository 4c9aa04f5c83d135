"""Muon: momentum made orthogonal, for matrices, beside AdamW for everything else."""

from __future__ import annotations

import math
from typing import Any

import torch

from catenary.optim.adam import AdamWRule
from catenary.optim.grouping import give_rule, split
from catenary.optim.optimizer import Optimizer, Params
from catenary.optim.words import check_values
from catenary.optimizer import Hyper, MatrixRule, hyper, slot
from catenary.optimizer.keeping import Kind


class MuonHyper(Hyper):
    lr: float = hyper(default=1e-3, ge=0)
    weight_decay: float = hyper(default=0.1, ge=0)
    momentum: float = hyper(default=0.95, ge=0)
    nesterov: bool = hyper(default=True)
    ns_coefficients: tuple[float, float, float] = hyper(default=(3.4445, -4.7750, 2.0315))
    eps: float = hyper(default=1e-7, ge=0)
    ns_steps: int = hyper(default=5, ge=0, lt=100)
    adjust_lr_fn: str | None = hyper(default=None, choices=(None, "original", "match_rms_adamw"))


class MuonRule(MuonHyper, MatrixRule):
    """Go along the momentum's nearest matrix with orthonormal rows or columns.

        b ← b + (1 − momentum)(g − b)
        u = orthogonalised b                    (nesterov: of g + momentum (b − g))
        p ← (1 − lr · weight_decay) p − lr · s · u

    u comes from `ns_steps` Newton-Schulz steps  x ← a x + (b₀ y + c y²) x,  y = x xᵀ, on the
    matrix divided by its norm; they bring every singular value near 1. s is √max(1, rows / columns)
    ("original") or 0.2 √max(rows, columns) ("match_rms_adamw": the size of AdamW's steps, so that
    its lr and weight_decay can be used).

    Shapes: p, g and b share one shape of two dimensions.

    Args:
        lr: Learning rate, at least 0.
        weight_decay: Decoupled decay, at least 0; decays by lr · weight_decay.
        momentum: Share of b kept at each step, no unit, at least 0.
        nesterov: Whether the step looks ahead along b.
        ns_coefficients: (a, b₀, c) of the Newton-Schulz step.
        eps: Floor of the norm that the matrix is divided by.
        ns_steps: Number of Newton-Schulz steps, below 100.
        adjust_lr_fn: How s follows the shape; None is "original".

    Raises:
        HyperparameterError: With a value outside its range.

    Source: Jordan et al., Muon: an optimizer for hidden layers in neural networks (2024);
        match_rms_adamw: Liu et al., Muon is scalable for LLM training (2025).
    Differs: torch.optim.Muon orthogonalises in bfloat16; here it is float32, or float64 for
        float64. Matrices of one shape are orthogonalised together.
    """

    counts_steps = False
    inhomogeneous = "an orthogonal step has no unit of the gradient"
    momentum_buffer = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, momentum_buffer: Any, h: Any) -> Any:
        b = torch.lerp(momentum_buffer, g, 1 - h.momentum)
        ahead = torch.lerp(g, b, h.momentum) if h.nesterov else b
        u = orthogonalized(ahead, h.ns_coefficients, int(h.ns_steps), h.eps)
        rows, columns = p.shape[-2:]
        if h.adjust_lr_fn == "match_rms_adamw":
            scale = 0.2 * math.sqrt(max(rows, columns))
        else:
            scale = math.sqrt(max(1, rows / columns))
        return p * (1 - h.lr * h.weight_decay) - h.lr * scale * u, b


def orthogonalized(
    x: torch.Tensor, coefficients: tuple[float, float, float], steps: int, eps: float
) -> torch.Tensor:
    """Return matrices with the singular vectors of `x` and singular values near 1.

    Args:
        x: Shape (..., rows, columns).
        coefficients: Of the quintic Newton-Schulz step.
        steps: Number of steps.
        eps: Floor of the norm that each matrix is divided by first.
    """
    a, b, c = coefficients
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / torch.linalg.matrix_norm(x, keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return x.mT if tall else x


class Muon(MuonHyper, Optimizer):
    """Muon for matrices and AdamW for everything else, in one optimizer and one checkpoint.

    Parameters of two dimensions are updated by :class:`MuonRule`, all others by AdamW with the
    words in `adamw`. Embeddings and the output layer are matrices too, and the paper leaves them to
    AdamW: ``opt.select(within=nn.Embedding).use(AdamW, lr=3e-4)``.

    Args:
        adamw: Hyperparameters of AdamW for what is no matrix; AdamW's defaults where not given.
        storage: How 16-bit parameters are kept; see :class:`Optimizer`.

    Differs: torch.optim.Muon refuses what is no matrix, and orthogonalises in bfloat16.
    """

    rule = MuonRule

    def __init__(
        self,
        params: Params,
        lr: float = 1e-3,
        weight_decay: float = 0.1,
        momentum: float = 0.95,
        nesterov: bool = True,
        ns_coefficients: tuple[float, float, float] = (3.4445, -4.7750, 2.0315),
        eps: float = 1e-7,
        ns_steps: int = 5,
        adjust_lr_fn: str | None = None,
        *,
        adamw: dict[str, Any] | None = None,
        storage: Kind = "plain",
    ) -> None:
        check_values(AdamWRule, adamw or {})
        self._adamw = adamw or {}
        Optimizer.__init__(
            self,
            params, lr=lr, weight_decay=weight_decay, momentum=momentum, nesterov=nesterov,
            ns_coefficients=ns_coefficients, eps=eps, ns_steps=ns_steps, adjust_lr_fn=adjust_lr_fn,
            storage=storage,
        )  # fmt: skip

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add tensors; what is no matrix goes to AdamW, unless the group names its rule."""
        super().add_param_group(param_group)
        added = self.param_groups[-1]
        if "rule" not in added:
            others = [tensor for tensor in added["params"] if tensor.ndim != 2]
            for group in split(self.param_groups, others):
                give_rule(group, MuonRule, AdamWRule, self._adamw)
