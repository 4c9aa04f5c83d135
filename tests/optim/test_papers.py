"""Rules that torch does not have, against their papers' formulas in NumPy float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from catenary.optim import LAMB, LARS, AdamWScheduleFree, AdEMAMix, Lion, SGDScheduleFree
from tests.optim import papers
from tests.optim.training import SHAPES, parameters

STEPS = 100
BOUND = 1e-10


def falling(lr: float) -> Any:
    return lambda t: lr / (1 + 0.05 * t)


def drawn(place: int, shape: tuple[int, ...]) -> list[Any]:
    """Return the gradients of a tensor; every seventh is missing."""
    rng = np.random.default_rng(place)
    made = [rng.normal(size=shape) * 2.0 ** rng.integers(-2, 3) for _ in range(STEPS)]
    return [None if (step + place) % 7 == 3 else made[step] for step in range(STEPS)]


def run(opt: Any, params: list[Any], gradients: list[list[Any]], lr: Any = None) -> list[Any]:
    """Train; return for each tensor its values after each step that moved it."""
    paths: list[list[Any]] = [[] for _ in params]
    for step in range(STEPS):
        for param, given in zip(params, gradients, strict=True):
            param.grad = None if given[step] is None else torch.as_tensor(given[step])
        if lr is not None:
            opt.param_groups[0]["lr"] = lr(step + 1)
        opt.step()
        for param, path in zip(params, paths, strict=True):
            if param.grad is not None:
                path.append(param.detach().numpy().copy())
    return paths


def compare(kind: Any, words: dict[str, Any], formula: Any, lr: Any, **named: Any) -> None:
    params = parameters(torch.float64)
    gradients = [drawn(place, shape) for place, shape in enumerate(SHAPES)]
    starts = [param.detach().numpy().copy() for param in params]
    found = run(kind(params, **words), params, gradients, lr)
    for start, given, path in zip(starts, gradients, found, strict=True):
        # A rule counts the steps of its own tensor; the schedule's are the optimizer's.
        moved = [step + 1 for step, g in enumerate(given) if g is not None]
        rate = (lambda t, moved=moved: lr(moved[t - 1])) if lr is not None else words["lr"]
        wanted = list(formula(start, [g for g in given if g is not None], rate, **named))
        np.testing.assert_allclose(path, wanted, rtol=BOUND, atol=BOUND)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_lion(decay: float) -> None:
    words = {"betas": (0.8, 0.95), "weight_decay": decay}
    compare(Lion, words, papers.lion, falling(0.01), betas=(0.8, 0.95), decay=decay)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_lamb(decay: float) -> None:
    words = {"betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": decay}
    named = {"betas": (0.8, 0.95), "eps": 1e-3, "decay": decay}
    compare(LAMB, words, papers.lamb, falling(0.02), **named)


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("momentum", [0.0, 0.7])
def test_lars(momentum: float, decay: float) -> None:
    """At a constant rate it makes no difference whether the momentum holds it."""
    named = {"momentum": momentum, "decay": decay, "trust": 0.05}
    words = {"lr": 0.3, "momentum": momentum, "weight_decay": decay}
    words |= {"trust_coefficient": 0.05, "eps": 0}
    compare(LARS, words, papers.lars, None, **named)


def test_lars_with_a_falling_rate_as_in_apex() -> None:
    """SGD of torch on gradients that were scaled beforehand, as LARC scales them."""
    gradients = [drawn(place, shape) for place, shape in enumerate(SHAPES)]
    mine, theirs = parameters(torch.float64), parameters(torch.float64)
    opt = LARS(mine, lr=1.0, momentum=0.8, weight_decay=0.1, trust_coefficient=0.05)
    sgd = torch.optim.SGD(theirs, lr=1.0, momentum=0.8)
    found = run(opt, mine, gradients, falling(1.0))
    for step in range(STEPS):
        for param, given in zip(theirs, gradients, strict=True):
            param.grad = None
            if given[step] is not None:
                g, size = torch.as_tensor(given[step]), param.detach().norm()
                trust = 0.05 * size / (g.norm() + 0.1 * size + 1e-8) if size > 0 else 1.0
                param.grad = trust * (g + 0.1 * param.detach())
        sgd.param_groups[0]["lr"] = falling(1.0)(step + 1)
        sgd.step()
    for path, param in zip(found, theirs, strict=True):
        np.testing.assert_allclose(path[-1], param.detach().numpy(), rtol=BOUND, atol=BOUND)


@pytest.mark.parametrize("warmups", [(0, 0), (60, 0), (0, 60), (200, 150)])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_ademamix(warmups: tuple[int, int], decay: float) -> None:
    betas = (0.8, 0.95, 0.999)
    words = {"betas": betas, "alpha": 5.0, "eps": 1e-6, "weight_decay": decay}
    words |= {"beta3_warmup": warmups[0], "alpha_warmup": warmups[1]}
    named = {"betas": betas, "alpha": 5.0, "eps": 1e-6, "decay": decay, "warmups": warmups}
    compare(AdEMAMix, words, papers.ademamix, falling(0.02), **named)


def test_ademamix_without_a_fast_mean() -> None:
    words = {"betas": (0.0, 0.95, 0.999), "alpha": 5.0, "beta3_warmup": 50}
    named = {"betas": (0.0, 0.95, 0.999), "alpha": 5.0, "warmups": (50, 0)}
    compare(AdEMAMix, words, papers.ademamix, falling(0.02), **named)


CURVES = {
    "plain": {},
    "warmup": {"warmup_steps": 30},
    "decay": {"weight_decay": 0.1},
    "weights": {"r": 1.0, "weight_lr_power": 1.0, "warmup_steps": 10, "weight_decay": 0.02},
}


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("kind", [AdamWScheduleFree, SGDScheduleFree])
def test_schedule_free(kind: Any, curve: str) -> None:
    """y and x on a bowl with noise: gradients depend on where y is."""
    words, share = CURVES[curve], 0.85
    adam = kind is AdamWScheduleFree
    own = {"betas": (share, 0.95), "eps": 1e-6} if adam else {"momentum": share}
    rng = np.random.default_rng(5)
    noise, start = rng.normal(size=(STEPS + 1, 3, 2)), rng.normal(size=(3, 2))
    steepness = np.array([[1.0, 3.0], [0.2, 0.5], [2.0, 0.1]])
    param = torch.nn.Parameter(torch.as_tensor(start.copy()))
    opt = kind([param], lr=0.05, **own, **words)
    wanted = papers.schedule_free(
        start,
        lambda y, t: steepness * y + noise[t],
        STEPS,
        falling(0.05),
        share,
        words.get("weight_decay", 0.0),
        words.get("warmup_steps", 0),
        words.get("r", 0.0),
        words.get("weight_lr_power", 2.0),
        (0.95, 1e-6) if adam else None,
    )
    for t, (y, x) in enumerate(wanted, 1):
        param.grad = torch.as_tensor(steepness * param.detach().numpy() + noise[t])
        opt.param_groups[0]["lr"] = falling(0.05)(t)
        opt.step()
        np.testing.assert_allclose(param.detach().numpy(), y, rtol=BOUND, atol=BOUND)
        with opt.evaluation_weights():
            np.testing.assert_allclose(param.detach().numpy(), x, rtol=BOUND, atol=BOUND)
