"""Loss that pulls pixels of one object together and pushes objects apart."""

from __future__ import annotations

from typing import Any

import torch

from catenary.functions._apply import apply_many, floating, reject
from catenary.variable import Variable

__all__ = ["discriminative_margin_based_clustering_loss"]


def discriminative_margin_based_clustering_loss(
    embeddings: Any,
    labels: Any,
    delta_v: float,
    delta_d: float,
    max_embedding_dim: int,
    norm: int = 1,
    alpha: float = 1.0,
    beta: float = 1.0,
    gamma: float = 0.001,
) -> tuple[Variable, Variable, Variable]:
    """Return three losses: of pixels far from their object, of objects close by, of large means.

    With the means μ of the pixels' vectors x over objects: α mean relu(‖μ − x‖ − delta_v)²,
    β mean relu(2 delta_d − ‖μᵢ − μⱼ‖)², γ mean ‖μ‖.

    Args:
        embeddings: x, Variable or array, floating, shape (batch, max_embedding_dim, height, width).
        labels: Number of each pixel's object, ints, shape (batch, height, width); objects are
            numbered from 1 to max_embedding_dim.
        delta_v: Distance from the mean that costs nothing.
        delta_d: Half the distance between means that costs nothing.
        max_embedding_dim: Length of the vectors, and number of objects.
        norm: 1 or 2.
        alpha: α.
        beta: β.
        gamma: γ.

    Raises:
        ValueError: `max_embedding_dim` is not positive, or `norm` neither 1 nor 2.
        InvalidType: The shapes do not fit.

    Source: De Brabandere et al., "Semantic Instance Segmentation with a Discriminative Loss
    Function" (2017).
    Differs: batches of any size; Chainer needs one of max_embedding_dim.
    """
    if max_embedding_dim <= 0:
        raise ValueError(f"max_embedding_dim must be positive, got {max_embedding_dim}")
    if norm not in (1, 2):
        raise ValueError(f"norm must be 1 or 2, got {norm!r}")

    def length(x: torch.Tensor, axes: Any) -> torch.Tensor:
        return x.abs().sum(axes) if norm == 1 else (x * x).sum(axes).sqrt()

    def check(label: str, x: torch.Tensor, labels: torch.Tensor) -> None:
        floating(label, x)
        if x.ndim != 4 or x.shape[1] != max_embedding_dim or labels.shape != x[:, 0].shape:
            expect = f"embeddings (batch, {max_embedding_dim}, h, w) and labels (batch, h, w)"
            reject(label, expect, x, labels)

    def losses(x: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, ...]:
        numbers = torch.arange(1, max_embedding_dim + 1, device=x.device)
        mine = (labels == numbers[:, None, None, None])[:, :, None]  # object, batch, 1, h, w
        counts = mine.sum((2, 3, 4))
        means = (x * mine).sum((3, 4)) / counts.clamp(min=1)[:, :, None]
        far = torch.relu(length((means[..., None, None] - x) * mine, 2) - delta_v) ** 2
        pull = (far.sum((1, 2, 3)) / counts.sum(1).clamp(min=1)).sum() / max_embedding_dim
        one, other = torch.triu_indices(max_embedding_dim, max_embedding_dim, 1, device=x.device)
        close = torch.relu(2 * delta_d - length(means[one] - means[other], 2)) ** 2
        push = close.sum() / max(len(one) * len(x), 1)
        size = length(means, (1, 2)).sum() / (max_embedding_dim * len(x))
        return alpha * pull, beta * push, gamma * size

    pull, push, size = apply_many("DiscriminativeLoss", losses, embeddings, labels, check=check)
    return pull, push, size
