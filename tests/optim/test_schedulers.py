"""Every scheduler of torch over ours and over torch's: the same rates, the same parameters."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.nn import functional as F
from torch.optim import lr_scheduler as torchs
from torch.optim.swa_utils import SWALR, AveragedModel, get_ema_multi_avg_fn

from catenary import optim
from catenary.optim import lr_scheduler

EPOCHS = 12
KINDS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.1, "momentum": 0.9, "nesterov": True},
    "AdamW": {"lr": 0.01, "betas": (0.8, 0.95)},
}


def plateau(opt: Any) -> Any:
    return lr_scheduler.ReduceLROnPlateau(opt, patience=1, factor=0.5, threshold=0.2)


def sequential(opt: Any) -> Any:
    warm = lr_scheduler.LinearLR(opt, start_factor=0.1, total_iters=3)
    down = lr_scheduler.ExponentialLR(opt, 0.8)
    return lr_scheduler.SequentialLR(opt, [warm, down], milestones=[3])


def chained(opt: Any) -> Any:
    constant = lr_scheduler.ConstantLR(opt, factor=0.3, total_iters=4)
    return lr_scheduler.ChainedScheduler([constant, lr_scheduler.ExponentialLR(opt, 0.9)])


def two_groups_of_lambdas(opt: Any) -> Any:
    return lr_scheduler.LambdaLR(opt, [lambda epoch: 0.9**epoch, lambda epoch: 1 / (1 + epoch)])


CASES: dict[str, Callable[[Any], Any]] = {
    "LambdaLR": two_groups_of_lambdas,
    "MultiplicativeLR": lambda opt: lr_scheduler.MultiplicativeLR(opt, lambda epoch: 0.9),
    "StepLR": lambda opt: lr_scheduler.StepLR(opt, 3, 0.5),
    "MultiStepLR": lambda opt: lr_scheduler.MultiStepLR(opt, [2, 5, 6], 0.3),
    "ConstantLR": lambda opt: lr_scheduler.ConstantLR(opt, 0.2, 4),
    "LinearLR": lambda opt: lr_scheduler.LinearLR(opt, 0.1, 1.0, 5),
    "ExponentialLR": lambda opt: lr_scheduler.ExponentialLR(opt, 0.8),
    "PolynomialLR": lambda opt: lr_scheduler.PolynomialLR(opt, 10, 1.5),
    "CosineAnnealingLR": lambda opt: lr_scheduler.CosineAnnealingLR(opt, 6, 1e-4),
    "CosineAnnealingWarmRestarts": lambda opt: lr_scheduler.CosineAnnealingWarmRestarts(opt, 3, 2),
    "CyclicLR": lambda opt: lr_scheduler.CyclicLR(opt, 1e-3, 0.1, 3, mode="triangular2"),
    "OneCycleLR": lambda opt: lr_scheduler.OneCycleLR(opt, 0.1, total_steps=EPOCHS + 1),
    "ReduceLROnPlateau": plateau,
    "SequentialLR": sequential,
    "ChainedScheduler": chained,
    "SWALR": lambda opt: SWALR(opt, swa_lr=0.02, anneal_epochs=4),
}


def test_no_scheduler_is_forgotten() -> None:
    assert set(torchs.__all__) - {"LRScheduler"} <= set(CASES)
    for name in torchs.__all__:
        assert getattr(lr_scheduler, name) is getattr(torchs, name)


def model_of() -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 1)
    ).double()


def groups_of(model: torch.nn.Sequential) -> list[dict[str, Any]]:
    return [{"params": model[0].parameters()}, {"params": model[2].parameters(), "lr": 0.05}]


def epoch(model: torch.nn.Module, opt: Any, number: int) -> float:
    draws = torch.Generator().manual_seed(number)
    x = torch.randn(16, 4, generator=draws, dtype=torch.float64)
    opt.zero_grad()
    loss = F.mse_loss(model(x), x.sum(1, keepdim=True).sin())
    loss.backward()
    opt.step()
    return loss.item()


def go(opt: Any, scheduler: Any, model: torch.nn.Module, epochs: range) -> list[Any]:
    """Return rates, betas and momenta as they went."""
    path = []
    for number in epochs:
        loss = epoch(model, opt, number)
        scheduler.step(loss) if isinstance(scheduler, torchs.ReduceLROnPlateau) else (
            scheduler.step()
        )
        words = ("lr", "betas", "momentum")
        path.append([{w: g[w] for w in words if w in g} for g in opt.param_groups])
    return path


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_same_rates_same_parameters(case: str, kind: str) -> None:
    runs = []
    for home in (optim, torch.optim):
        model = model_of()
        opt = getattr(home, kind)(groups_of(model), **KINDS[kind])
        path = go(opt, CASES[case](opt), model, range(EPOCHS))
        runs.append((path, list(model.parameters())))
    (path, mine), (wanted, theirs) = runs
    assert path == wanted
    assert any(path[0][0] != later[0] for later in path), "the schedule changed something"
    torch.testing.assert_close(mine, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", ["OneCycleLR", "CyclicLR"])
@pytest.mark.parametrize(("kind", "word"), [("SGD", "momentum"), ("AdamW", "betas")])
def test_momentum_and_betas_follow_the_cycle(case: str, kind: str, word: str) -> None:
    model = model_of()
    opt = getattr(optim, kind)(model, **KINDS[kind])
    path = go(opt, CASES[case](opt), model, range(EPOCHS))
    assert len({str(groups[0][word]) for groups in path}) > 3


@pytest.mark.parametrize("case", [name for name in CASES if name != "LambdaLR"])
def test_resumed_in_the_middle(case: str) -> None:
    """Both made anew, both loaded: bit for bit the run that never stopped."""

    def made() -> tuple[Any, Any, Any]:
        model = model_of()
        opt = optim.AdamW(groups_of(model), **KINDS["AdamW"])
        return model, opt, CASES[case](opt)

    model, opt, scheduler = made()
    go(opt, scheduler, model, range(5))
    held = copy.deepcopy([part.state_dict() for part in (model, opt, scheduler)])
    wanted = go(opt, scheduler, model, range(5, EPOCHS))
    others = made()
    for part, state in zip(others, held, strict=True):
        part.load_state_dict(state)
    again, other, schedule = others
    assert go(other, schedule, again, range(5, EPOCHS)) == wanted
    for mine, theirs in zip(again.parameters(), model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_selected_groups_keep_their_own_rates() -> None:
    """Choose first, then build the scheduler."""
    model = model_of()
    opt = optim.AdamW(model, lr=0.01)
    opt.select("*.bias").set(lr=0.1)
    scheduler = lr_scheduler.ExponentialLR(opt, 0.5)
    epoch(model, opt, 0)
    scheduler.step()
    assert [group["lr"] for group in opt.param_groups] == [0.005, 0.05]


def test_a_selection_after_the_scheduler_is_announced() -> None:
    opt = optim.AdamW(model_of(), lr=0.01)
    lr_scheduler.ExponentialLR(opt, 0.5)
    with pytest.warns(UserWarning, match="scheduler"):
        opt.select("*.bias").set(weight_decay=0)


def test_a_rate_in_a_tensor_is_followed() -> None:
    runs = []
    for home in (optim, torch.optim):
        model = model_of()
        opt = home.AdamW(model.parameters(), lr=torch.tensor(0.01, dtype=torch.float64))
        scheduler = torchs.ExponentialLR(opt, 0.5)
        for number in range(4):
            epoch(model, opt, number)
            scheduler.step()
        runs.append((list(model.parameters()), opt.param_groups[0]["lr"]))
    assert runs[0][1] == runs[1][1] == 0.01 / 16
    torch.testing.assert_close(runs[0][0], runs[1][0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("ema", [False, True])
def test_averaged_models_of_torch(ema: bool) -> None:
    runs = []
    for home in (optim, torch.optim):
        model = model_of()
        function = get_ema_multi_avg_fn(0.7) if ema else None
        average = AveragedModel(model, multi_avg_fn=function)
        opt = home.SGD(model.parameters(), **KINDS["SGD"])
        scheduler = SWALR(opt, swa_lr=0.05, anneal_epochs=2)
        for number in range(6):
            epoch(model, opt, number)
            if number >= 2:
                average.update_parameters(model)
                scheduler.step()
        runs.append(list(average.parameters()))
    torch.testing.assert_close(*runs, rtol=1e-10, atol=1e-12)


def test_our_own_average_is_torchs() -> None:
    """``average_weights`` keeps what AveragedModel keeps, without a second pass."""
    model = model_of()
    opt = optim.SGD(model, **KINDS["SGD"])
    opt.average_weights(0.7)
    average = copy.deepcopy(list(model.parameters()))
    for number in range(6):
        epoch(model, opt, number)
        for held, param in zip(average, model.parameters(), strict=True):
            held.data.mul_(0.7).add_(param.data, alpha=1 - 0.7)
    with opt.averaged_weights():
        torch.testing.assert_close(list(model.parameters()), average, rtol=1e-10, atol=1e-12)


def test_a_closure_as_for_lbfgs() -> None:
    """It is called once with gradients enabled, its loss returned, under no_grad too."""
    losses = []
    for home in (optim, torch.optim):
        model = model_of()
        opt = home.SGD(model.parameters(), lr=0.1)

        def closure(model: Any = model, opt: Any = opt) -> torch.Tensor:
            opt.zero_grad()
            loss = model(torch.ones(2, 4, dtype=torch.float64)).square().sum()
            loss.backward()
            return loss

        with torch.no_grad():
            losses.append([opt.step(closure).item() for _ in range(4)])
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)
    assert losses[0][-1] < losses[0][0]


def test_lbfgs_and_ours_take_turns() -> None:
    model = model_of()
    first, second = torch.optim.LBFGS(model.parameters()), optim.AdamW(model, lr=0.01)
    x = torch.randn(16, 4, dtype=torch.float64)

    def closure() -> torch.Tensor:
        model.zero_grad()
        loss = F.mse_loss(model(x), x.sum(1, keepdim=True))
        loss.backward()
        return loss

    losses = [opt.step(closure).item() for _ in range(3) for opt in (first, second)]
    assert losses[-1] < losses[0]
    assert all(map(math.isfinite, losses))
