"""Cross entropy of independent yes-or-no questions."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply, floating, reject
from catenary.variable import Variable

__all__ = ["sigmoid_cross_entropy"]

_IGNORED = -1
_cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits


def _check(label: str, x: torch.Tensor, t: torch.Tensor) -> None:
    floating(label, x)
    if t.is_floating_point() or t.dtype == torch.bool or x.shape != t.shape:
        reject(label, "integers t of the shape of x", x, t)


def sigmoid_cross_entropy(x: Any, t: Any, normalize: bool = True, reduce: str = "mean") -> Variable:
    """Return the cross entropy between sigmoid(x) and labels.

    Args:
        x: Scores before the sigmoid, floating.
        t: Labels 0 or 1, ints of the shape of `x`; −1 is ignored. There is no gradient for it.
        normalize: Divide the sum by the number of labels that count; otherwise by the batch size.
        reduce: ``"mean"``, or ``"no"`` for one loss a label (`normalize` is ignored).

    Raises:
        ValueError: `reduce` is neither.
    """
    if reduce not in ("mean", "no"):
        raise ValueError(f"reduce must be 'mean' or 'no', got {reduce!r}")

    def loss(x: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
        wanted = t.to(x.dtype)
        if reduce == "mean" and normalize and t.numel() and wanted.min().item() > _IGNORED:
            return _cross_entropy(x, wanted)
        ignored = t == _IGNORED
        each = _cross_entropy(x, wanted, reduction="none").masked_fill(ignored, 0)
        if reduce == "no":
            return each
        count = t.numel() - int(ignored.sum()) if normalize else len(x)
        return each.sum() / max(count, 1)

    return apply("SigmoidCrossEntropy", loss, x, t, check=_check)
