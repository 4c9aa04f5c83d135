"""A real model trained in 16 bits ends where float32 ends, however its parameters are kept."""

from __future__ import annotations

import copy
import functools
import math
import statistics
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from catenary import optim
from catenary.datasets import get_digits

WORDS: dict[str, dict[str, Any]] = {
    "Adam": {"lr": 1e-3},
    "SGD": {"lr": 0.05, "momentum": 0.9},
}
EPOCHS, BATCH = 6, 32
SEEDS = (0, 1, 2)
POLICIES = [
    (torch.bfloat16, "master"), (torch.bfloat16, "kahan"), (torch.bfloat16, "stochastic"),
    (torch.float16, "master"), (torch.float16, "kahan"),
]  # fmt: skip


@functools.cache
def digits() -> tuple[torch.Tensor, torch.Tensor]:
    train, _ = get_digits()
    images = torch.from_numpy(np.stack([image for image, _ in train]))
    return images, torch.tensor([int(label) for _, label in train])


@functools.cache
def final_loss(name: str, dtype: torch.dtype, storage: str, seed: int) -> float:
    """Train with a rate that falls along a cosine; return the loss of the exact weights."""
    images, labels = digits()
    torch.manual_seed(seed)
    wide = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    model = copy.deepcopy(wide).to(dtype)
    opt = getattr(optim, name)(model, **WORDS[name], storage=storage)
    steps = EPOCHS * math.ceil(len(images) / BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(opt, steps)
    for epoch in range(EPOCHS):
        order = torch.randperm(len(images), generator=torch.Generator().manual_seed(epoch))
        for batch in order.split(BATCH):
            opt.zero_grad()
            found = model(images[batch].to(dtype)).float()
            nn.functional.cross_entropy(found, labels[batch]).backward()
            opt.step()
            schedule.step()
    wide.load_state_dict(opt.float32_weights())
    with torch.no_grad():
        return nn.functional.cross_entropy(wide(images), labels).item()


def excess(name: str, dtype: torch.dtype, storage: str, seed: int) -> float:
    """Return how much worse it ends than float32 does, as a share of float32's loss."""
    return (
        final_loss(name, dtype, storage, seed) / final_loss(name, torch.float32, "plain", seed) - 1
    )


@pytest.mark.parametrize(("dtype", "storage"), POLICIES)
@pytest.mark.parametrize("name", WORDS)
def test_it_ends_within_half_a_percent_of_float32(
    name: str, dtype: torch.dtype, storage: str
) -> None:
    found = [excess(name, dtype, storage, seed) for seed in SEEDS]
    assert all(final_loss(name, torch.float32, "plain", seed) < 1 for seed in SEEDS)
    assert abs(statistics.mean(found)) < 0.005
    assert max(map(abs, found)) < 0.01


@pytest.mark.parametrize("name", WORDS)
def test_rounding_to_nearest_does_not(name: str) -> None:
    """In bfloat16 the steps of a falling rate are lost, and nobody makes up for them."""
    assert min(excess(name, torch.bfloat16, "plain", seed) for seed in SEEDS) > 0.05
