"""Statistics from the updating pass, and what a step does with gradients that are not finite."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy as np
import pytest
import torch

from catenary import Link, Parameter, optimizers
from catenary.config import using_config
from catenary.errors import GradientError, NotSetUpError
from catenary.optim import SGD, AdamW, Muon
from catenary.optimizer_hooks import GradientClipping, WeightDecay
from tests.optim.test_optimizer import learn, make, same


def norm(tensors: Any) -> float:
    return float(torch.cat([t.detach().double().flatten() for t in tensors]).norm())


def test_norms_are_those_of_the_step() -> None:
    model = make()
    opt = AdamW(model, lr=0.1)
    opt.collect_stats()
    for _ in range(3):
        before = copy.deepcopy(model)
        learn(model, opt, steps=1)
        pairs = zip(model.parameters(), before.parameters(), strict=True)
        moved = norm([p - q for p, q in pairs])
        found = opt.stats(each=True)
        assert found["grad_norm"] == pytest.approx(norm([p.grad for p in model.parameters()]))
        assert found["update_norm"] == pytest.approx(moved)
        assert found["weight_norm"] == pytest.approx(norm(model.parameters()))
        assert found["update_ratio"] == pytest.approx(moved / norm(model.parameters()))
        weight = model[0].weight
        assert found["grad_norm/0.weight"] == pytest.approx(norm([weight.grad]))
        ratio = norm([weight - before[0].weight]) / norm([weight])
        assert found["update_ratio/0.weight"] == pytest.approx(ratio)
        assert all(type(value) is float for value in found.values())
    assert set(opt.stats()) == {
        "grad_norm", "update_norm", "weight_norm", "update_ratio", "skipped", "clipped",
    }  # fmt: skip


def test_measuring_changes_no_bit_and_reads_no_byte_more() -> None:
    plain, measured = make(), make()
    first, second = AdamW(plain), AdamW(measured)
    second.collect_stats()
    learn(plain, first)
    learn(measured, second)
    assert same(plain, measured)
    (a,), (b,) = first.explain().buckets, second.explain().buckets
    assert (a.bytes_read, a.bytes_written, a.bytes_measured) == (
        b.bytes_read, b.bytes_written, b.bytes_measured,
    )  # fmt: skip


def test_clipped_and_skipped_steps_are_counted() -> None:
    model = make()
    opt = SGD(model, lr=0.1)
    opt.add_hook(WeightDecay(0.1))
    opt.add_hook(GradientClipping(1.0))
    opt.when_not_finite("skip")
    opt.collect_stats()
    for size in (10.0, 0.001, 10.0, float("nan")):
        for tensor in model.parameters():
            tensor.grad = torch.full_like(tensor, size)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opt.step()
    found = opt.stats()
    assert (found["clipped"], found["skipped"]) == (0.5, 0.25)
    assert "grad_norm" not in found
    opt.collect_stats(on=False)
    with pytest.raises(NotSetUpError, match="collect_stats"):
        opt.stats()


def test_the_norm_is_unscaled_in_chainers_words() -> None:
    model = Link()
    with model.init_scope():
        model.w = Parameter(np.array([3.0, 4.0], np.float32))
    opt = optimizers.SGD(lr=0.0).setup(model)
    opt.collect_stats()
    model.w.grad = np.array([0.0, 256.0], np.float32)
    model.w._loss_scale = 128.0
    opt.update()
    assert opt.stats() == {
        "grad_norm": 2.0, "update_norm": 0.0, "weight_norm": 5.0, "update_ratio": 0.0,
        "skipped": 0.0, "clipped": 0.0,
    }  # fmt: skip


def test_what_updates_itself_has_a_gradient_norm_only() -> None:
    model = make()
    opt = Muon(model)
    opt.collect_stats()
    learn(model, opt)
    found = opt.stats(each=True)
    assert "grad_norm/0.weight" in found
    assert "update_norm/0.weight" not in found
    assert "update_norm/0.bias" in found


# ---- gradients that are not finite


def spoil(model: Any, value: float = float("inf")) -> None:
    for tensor in model.parameters():
        tensor.grad = torch.ones_like(tensor)
    model[2].bias.grad[1] = value


@pytest.mark.parametrize("fused", [True, False])
@pytest.mark.parametrize("value", [float("inf"), float("nan")])
def test_such_a_step_is_skipped(value: float, fused: bool) -> None:
    model = make()
    opt = AdamW(model, lr=0.1)
    if not fused:
        opt.add_hook(lambda optimizer: None, name="plain")
    learn(model, opt)
    opt.when_not_finite("skip")
    before, state = copy.deepcopy(model), copy.deepcopy(opt.state_dict())
    spoil(model, value)
    with pytest.warns(UserWarning, match="gradient of 2.bias is not finite.*updates nothing"):
        opt.step()
    assert same(model, before)
    for key, held in opt.state_dict()["state"].items():
        assert all(torch.equal(v, state["state"][key][k]) for k, v in held.items())
    learn(model, opt)
    assert not same(model, before)


def test_such_a_step_may_be_an_error() -> None:
    model = make()
    opt = AdamW(model, lr=0.1)
    opt.when_not_finite("raise")
    spoil(model)
    before = copy.deepcopy(model)
    with pytest.raises(GradientError, match=r"gradient of 2\.bias is not finite.*nothing was"):
        opt.step()
    assert same(model, before)
    assert not opt.state


def test_training_stops_after_too_many() -> None:
    model = make()
    opt = AdamW(model)
    opt.when_not_finite("skip", stop_after=3)
    for _ in range(2):
        spoil(model)
        with pytest.warns(UserWarning):
            opt.step()
    learn(model, opt, steps=1)
    for _ in range(2):
        spoil(model)
        with pytest.warns(UserWarning):
            opt.step()
    spoil(model)
    with pytest.raises(GradientError, match="in 3 steps in a row"):
        opt.step()


def test_nobody_looks_unasked() -> None:
    model = make()
    opt = AdamW(model)
    opt.when_not_finite("skip")
    opt.when_not_finite(None)
    spoil(model)
    opt.step()
    assert not torch.isfinite(model[2].bias).all()


@pytest.mark.parametrize(
    ("policy", "after"), [("ignore", None), ("raise", 3), (None, 3), ("skip", 0)]
)
def test_an_unknown_policy_is_refused(policy: Any, after: Any) -> None:
    with pytest.raises(ValueError, match="policy"):
        AdamW(make()).when_not_finite(policy, stop_after=after)


def test_chainers_optimizers_have_the_policy_too() -> None:
    model = Link()
    with model.init_scope():
        model.w = Parameter(np.array([3.0, 4.0], np.float32))
    opt = optimizers.Adam().setup(model)
    opt.when_not_finite("raise")
    model.w.grad = np.array([np.nan, 1.0], np.float32)
    with using_config("dtype", np.float32), pytest.raises(GradientError, match="/w"):
        opt.update()
    assert model.w.array.tolist() == [3.0, 4.0]


# ---- gradients cleared by the step itself


@pytest.mark.parametrize("fall_out", [False, True])
def test_a_step_may_clear_its_gradients(fall_out: bool) -> None:
    model, wanted = make(), make()
    kinds = (Muon, Muon) if fall_out else (AdamW, AdamW)
    opt, peer = (kind(m, lr=0.1) for kind, m in zip(kinds, (model, wanted), strict=True))
    opt.clear_in_step()
    kept = None
    draws = torch.Generator().manual_seed(1)
    x = torch.randn(16, 4, generator=draws, dtype=torch.float64)
    for _ in range(4):
        peer.zero_grad()
        for m, o in ((model, opt), (wanted, peer)):
            torch.nn.functional.cross_entropy(m(x), torch.arange(16) % 3).backward()
            o.step()
        grads = [p.grad for p in model.parameters()]
        assert not any(grad.any() for grad in grads)
        assert kept is None or all(a is b for a, b in zip(kept, grads, strict=True))
        kept = grads
    assert same(model, wanted)
    if not fall_out:
        assert opt.explain().buckets[0].bytes_written == 32


@pytest.mark.parametrize("fused", [True, False])
def test_a_skipped_step_clears_too(fused: bool) -> None:
    model = make()
    opt = AdamW(model)
    if not fused:
        opt.add_hook(lambda optimizer: None, name="plain")
    opt.clear_in_step()
    opt.when_not_finite("skip")
    spoil(model)
    with pytest.warns(UserWarning, match="not finite"):
        opt.step()
    assert not any(p.grad.any() for p in model.parameters())
    before = copy.deepcopy(model)
    model[0].weight.grad.fill_(1.0)
    opt.step()
    assert not torch.equal(model[0].weight, before[0].weight)
