"""Mixed precision: torch's GradScaler and autocast around our optimizers, on the CPU."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.nn import functional as F

from catenary import optim
from catenary.optimizer_hooks import GradientClipping

STEPS = 8


def model_of() -> torch.nn.Sequential:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Tanh(), torch.nn.Linear(6, 1))


def loss_of(model: torch.nn.Module, step: int) -> torch.Tensor:
    draws = torch.Generator().manual_seed(step)
    x = torch.randn(16, 4, generator=draws)
    return F.mse_loss(model(x), x.sum(1, keepdim=True))


def scaled(home: Any, kind: str, *, overflows: tuple[int, ...] = (), clip: bool = True) -> Any:
    model = model_of()
    opt = getattr(home, kind)(model.parameters(), lr=0.01)
    scaler = torch.amp.GradScaler("cpu", init_scale=2.0**16, growth_interval=3)
    scales = []
    for step in range(STEPS):
        opt.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            loss = loss_of(model, step)
        scaler.scale(loss).backward()
        if step in overflows:
            model[0].weight.grad[0, 0] = math.inf
        if clip:
            scaler.unscale_(opt)
            torch.nn.utils.clip_grad_norm_(model.parameters(), 0.5)
        scaler.step(opt)
        scaler.update()
        scales.append(scaler.get_scale())
    return list(model.parameters()), scales, opt


@pytest.mark.parametrize("clip", [True, False])
@pytest.mark.parametrize("kind", ["SGD", "AdamW", "RMSprop"])
def test_grad_scaler_as_with_torchs(kind: str, clip: bool) -> None:
    mine, scales, opt = scaled(optim, kind, overflows=(2, 5), clip=clip)
    theirs, wanted, _ = scaled(torch.optim, kind, overflows=(2, 5), clip=clip)
    torch.testing.assert_close(mine, theirs)
    assert scales == wanted
    assert len(set(scales)) > 2
    if kind == "AdamW":
        assert {float(state["step"]) for state in opt.state.values()} == {STEPS - 2}


def test_a_skipped_step_changes_nothing() -> None:
    model = model_of()
    before = [param.detach().clone() for param in model.parameters()]
    opt = optim.AdamW(model, lr=0.01)
    scaler = torch.amp.GradScaler("cpu")
    scaler.scale(loss_of(model, 0)).backward()
    model[2].bias.grad.fill_(math.nan)
    scaler.step(opt)
    torch.testing.assert_close(list(model.parameters()), before, rtol=0, atol=0)
    assert not opt.state


def test_the_clipping_hook_sees_unscaled_gradients() -> None:
    """With `unscale_` before the step, the hook clips what torch's function clips."""
    runs = []
    for hook in (True, False):
        model = model_of()
        opt = optim.SGD(model, lr=0.1)
        if hook:
            opt.add_hook(GradientClipping(0.1))
        scaler = torch.amp.GradScaler("cpu")
        for step in range(4):
            opt.zero_grad()
            scaler.scale(loss_of(model, step)).backward()
            scaler.unscale_(opt)
            if not hook:
                torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1)
            scaler.step(opt)
            scaler.update()
        runs.append(list(model.parameters()))
    torch.testing.assert_close(*runs, rtol=1e-5, atol=1e-7)


def test_scaler_and_policy_agree() -> None:
    """Both look for what is not finite; the scaler comes first, and the policy warns of nothing."""
    model = model_of()
    opt = optim.AdamW(model, lr=0.01)
    opt.when_not_finite("raise")
    scaler = torch.amp.GradScaler("cpu")
    for step in range(3):
        opt.zero_grad()
        scaler.scale(loss_of(model, step)).backward()
        if step == 1:
            model[0].bias.grad.fill_(math.inf)
        scaler.step(opt)
        scaler.update()
    assert {float(state["step"]) for state in opt.state.values()} == {2}


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_parameters_of_16_bits(dtype: torch.dtype) -> None:
    """Computed in float32, rounded once: nearer to float32 than torch's own arithmetic."""
    wide = torch.nn.Parameter(torch.linspace(-2, 2, 64).to(dtype).float())
    mine, theirs = (torch.nn.Parameter(wide.detach().to(dtype)) for _ in range(2))
    opts = [
        optim.AdamW([wide], lr=0.1),
        optim.AdamW([mine], lr=0.1),
        torch.optim.AdamW([theirs], lr=0.1),
    ]
    for step in range(3):
        grad = torch.randn(64, generator=torch.Generator().manual_seed(step)).to(dtype)
        for param, opt in zip((wide, mine, theirs), opts, strict=True):
            param.grad = grad.to(param.dtype)
            opt.step()
    off = [(param.float() - wide).abs().max().item() for param in (mine, theirs)]
    assert off[0] <= off[1]
    assert off[0] < 0.05
