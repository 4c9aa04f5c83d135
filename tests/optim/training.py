"""What the tests of `catenary.optim` train with: tensors of several shapes, gradients by step."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import torch

SHAPES = ((3, 4), (5,), (), (2, 1, 3), (0,))
"""A matrix, a vector, a single number, a deep tensor, an empty one."""


def parameters(dtype: torch.dtype, shapes: Sequence[tuple[int, ...]] = SHAPES) -> list[Any]:
    """Return parameters, the same ones at every call."""
    draws = torch.Generator().manual_seed(1)
    made = [torch.randn(shape, generator=draws, dtype=torch.float64) for shape in shapes]
    return [torch.nn.Parameter(values.to(dtype)) for values in made]


@functools.cache
def _noise(step: int, shapes: tuple[tuple[int, ...], ...]) -> list[torch.Tensor]:
    draws = torch.Generator().manual_seed(1000 + step)
    return [torch.randn(shape, generator=draws, dtype=torch.float64) for shape in shapes]


def give_gradients(params: Sequence[Any], step: int) -> None:
    """Give gradients that follow the parameters, with noise; now and then one is missing."""
    noise = _noise(step, tuple(tuple(param.shape) for param in params))
    for place, (param, drawn) in enumerate(zip(params, noise, strict=True)):
        missing = (step + place) % 7 == 3
        param.grad = None if missing else param.detach() * 0.5 + drawn.to(param.dtype)


def train(
    opt: Any,
    params: Sequence[Any],
    steps: range,
    after: Callable[[], object] | None = None,
) -> list[list[torch.Tensor]]:
    """Step once for each number of `steps`; return the parameters after every one."""
    path = []
    for step in steps:
        give_gradients(params, step)
        opt.step()
        if after is not None:
            after()
        path.append([param.detach().clone() for param in params])
    return path


def distance(
    found: Sequence[Sequence[torch.Tensor]], wanted: Sequence[Sequence[torch.Tensor]]
) -> float:
    """Return the largest difference on the way, over the largest parameter there."""
    worst = 0.0
    for mine, theirs in zip(found, wanted, strict=True):
        assert [a.dtype for a in mine] == [b.dtype for b in theirs]
        a, b = (torch.cat([held.flatten() for held in at]) for at in (mine, theirs))
        off = float((a - b).abs().max() / b.abs().max())
        worst = max(worst, off if math.isfinite(off) else math.inf)
    return worst
