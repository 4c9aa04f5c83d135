"""The formulas of papers, written in plain NumPy float64 from the papers, one tensor at a time.

Each function yields what a tensor becomes under a sequence of gradients; ``lr`` is a function of
the step's number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

Array = Any
Rate = Callable[[int], float]


def lion(
    x: Array, gradients: Iterable[Array], lr: Rate, betas: Any = (0.9, 0.99), decay: float = 0.0
) -> Iterator[Array]:
    """Chen et al. (2023), algorithm 2."""
    m = np.zeros_like(x)
    for t, g in enumerate(gradients, 1):
        c = betas[0] * m + (1 - betas[0]) * g
        x = x - lr(t) * (np.sign(c) + decay * x)
        m = betas[1] * m + (1 - betas[1]) * g
        yield x


def lamb(
    x: Array,
    gradients: Iterable[Array],
    lr: Rate,
    betas: Any = (0.9, 0.999),
    eps: float = 1e-6,
    decay: float = 0.01,
) -> Iterator[Array]:
    """You et al. (2020), algorithm 2 with φ(z) = z; a norm of 0 leaves the step unscaled."""
    m, v = np.zeros_like(x), np.zeros_like(x)
    for t, g in enumerate(gradients, 1):
        m = betas[0] * m + (1 - betas[0]) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        r = (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + eps) + decay * x
        above, below = np.sqrt(np.sum(x**2)), np.sqrt(np.sum(r**2))
        x = x - lr(t) * (above / below if above > 0 and below > 0 else 1.0) * r
        yield x


def lars(
    x: Array,
    gradients: Iterable[Array],
    lr: float,
    momentum: float = 0.9,
    decay: float = 0.0,
    trust: float = 1e-3,
) -> Iterator[Array]:
    """You, Gitman and Ginsburg (2017), algorithm 1: the momentum holds the rate."""
    v = np.zeros_like(x)
    for g in gradients:
        size = np.sqrt(np.sum(x**2))
        below = np.sqrt(np.sum(g**2)) + decay * size
        local = trust * size / below if below > 0 else 0.0
        v = momentum * v + lr * local * (g + decay * x)
        x = x - v
        yield x


def ademamix(
    x: Array,
    gradients: Iterable[Array],
    lr: Rate,
    betas: Any = (0.9, 0.999, 0.9999),
    alpha: float = 2.0,
    warmups: tuple[int, int] = (0, 0),
    eps: float = 1e-8,
    decay: float = 0.0,
) -> Iterator[Array]:
    """Pagliardini et al. (2024), algorithm 1 with its schedules; `warmups` are of β₃ and of α.

    Without a fast mean, β₁ = 0, the half-life of the slow one grows from 0: the limit of β₁ → 0.
    """
    m1, m2, v = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for t, g in enumerate(gradients, 1):
        beta3, weight = betas[2], alpha
        if t < warmups[0]:
            last, mu = math.log(betas[2]), t / warmups[0]
            logarithm = last / mu
            if betas[0] > 0:
                first = math.log(betas[0])
                logarithm = first * last / ((1 - mu) * last + mu * first)
            beta3 = min(math.exp(logarithm), betas[2])
        if t < warmups[1]:
            weight = min(t * alpha / warmups[1], alpha)
        m1 = betas[0] * m1 + (1 - betas[0]) * g
        m2 = beta3 * m2 + (1 - beta3) * g
        v = betas[1] * v + (1 - betas[1]) * g**2
        mean = m1 / (1 - betas[0] ** t) + weight * m2
        scaled = mean / (np.sqrt(v / (1 - betas[1] ** t)) + eps)
        x = x - lr(t) * (scaled + decay * x)
        yield x


def schedule_free(
    x: Array,
    gradient: Callable[[Array, int], Array],
    steps: int,
    lr: Rate,
    beta: float,
    decay: float = 0.0,
    warmup: int = 0,
    r: float = 0.0,
    power: float = 2.0,
    adam: tuple[float, float] | None = None,
) -> Iterator[tuple[Array, Array]]:
    """Defazio et al. (2024), algorithm 1 (`adam`: β₂ and ε), or equations 3 to 5 (SGD).

    Yields y, where the next gradient is taken, and x. The weights are tʳ · (largest rate)^power.
    """
    z, v, y = x.copy(), np.zeros_like(x), x.copy()
    total, largest = 0.0, 0.0
    for t in range(1, steps + 1):
        direction = gradient(y, t)
        if adam is not None:
            v = adam[0] * v + (1 - adam[0]) * direction**2
            direction = direction / (np.sqrt(v / (1 - adam[0] ** t)) + adam[1])
        rate = lr(t) * (min(1.0, t / warmup) if warmup else 1.0)
        z = z - rate * direction - rate * decay * y
        largest = max(largest, rate)
        total += t**r * largest**power
        c = t**r * largest**power / total if total > 0 else 0.0
        x = (1 - c) * x + c * z
        y = (1 - beta) * z + beta * x
        yield y, x
