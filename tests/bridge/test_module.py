"""Any torch.nn.Module as the target of Chainer's optimizers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from catenary import changes
from catenary.errors import LossError
from catenary.optimizer import UpdateRule
from catenary.optimizer_hooks import GradientClipping, WeightDecay
from catenary.optimizers import SGD, Adam, MomentumSGD
from catenary.serializers import load_npz, save_npz


def make(seed: int = 0) -> torch.nn.Sequential:
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3))


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(16, 4, generator=generator), torch.arange(16) % 3


def loss_of(module: torch.nn.Module) -> torch.Tensor:
    x, t = batch()
    return torch.nn.functional.cross_entropy(module(x), t)


def test_setup_keeps_the_module_as_target() -> None:
    module = make()
    opt = SGD()
    assert opt.setup(module) is opt
    assert opt.target is module


def test_momentum_follows_torchs_own() -> None:
    """At a constant rate Chainer's velocity is torch's times −lr."""
    ours, theirs = make(), make()
    opt = MomentumSGD(lr=0.1, momentum=0.9).setup(ours)
    peer = torch.optim.SGD(theirs.parameters(), lr=0.1, momentum=0.9)
    for _ in range(30):
        opt.update(lambda: loss_of(ours))
        peer.zero_grad()
        loss_of(theirs).backward()
        peer.step()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-5, atol=1e-6)


@pytest.mark.filterwarnings("ignore")  # whatever the tracer of the day has to say
def test_a_compiled_update_is_the_plain_one() -> None:
    ours, plain = make(), make()
    opt, other = Adam(alpha=0.01).setup(ours), Adam(alpha=0.01).setup(plain)
    torch._dynamo.reset()
    update = torch.compile(lambda: opt.update(lambda: loss_of(ours)), backend="eager")
    for _ in range(3):
        update()
        other.update(lambda: loss_of(plain))
    for mine, wanted in zip(ours.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine, wanted)


def test_decay_and_clipping_follow_torchs_own() -> None:
    ours, theirs = make(), make()
    opt = SGD(lr=0.5).setup(ours)
    opt.add_hook(GradientClipping(0.2))
    opt.add_hook(WeightDecay(0.01))
    peer = torch.optim.SGD(theirs.parameters(), lr=0.5, weight_decay=0.01)
    for _ in range(20):
        opt.update(lambda: loss_of(ours))
        peer.zero_grad()
        loss_of(theirs).backward()
        torch.nn.utils.clip_grad_norm_(theirs.parameters(), 0.2)
        peer.step()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-5)


def test_update_returns_the_loss_and_clears_gradients_first() -> None:
    module = make()
    opt = SGD(lr=0.0).setup(module)
    first = opt.update(lambda: loss_of(module))
    grad = module[0].weight.grad.clone()
    opt.update(lambda: loss_of(module))
    torch.testing.assert_close(module[0].weight.grad, grad)
    assert first.shape == ()


def test_frozen_parameters_rest_while_they_are_frozen() -> None:
    module = make()
    opt = MomentumSGD(lr=0.1).setup(module)
    opt.update(lambda: loss_of(module))
    module[0].weight.requires_grad_(False)
    before = module[0].weight.clone()
    opt.update(lambda: loss_of(module))
    assert torch.equal(module[0].weight, before)
    module[0].weight.requires_grad_(True)
    opt.update(lambda: loss_of(module))
    assert not torch.equal(module[0].weight, before)


def test_a_parameter_frozen_from_the_beginning_joins_when_thawed() -> None:
    module = make()
    module[0].weight.requires_grad_(False)
    opt = MomentumSGD(lr=0.1).setup(module)
    opt.update(lambda: loss_of(module))
    before = module[0].weight.clone()
    module[0].weight.requires_grad_(True)
    opt.update(lambda: loss_of(module))
    assert not torch.equal(module[0].weight, before)


def test_a_parameter_without_gradient_is_skipped() -> None:
    module = make()
    opt = MomentumSGD(lr=0.1).setup(module)
    before = module[2].bias.clone()
    module.zero_grad()
    module[0](batch()[0]).sum().backward()
    opt.update()
    assert torch.equal(module[2].bias, before)
    assert module[2].bias.grad is None
    assert opt.t == 1


def test_a_shared_parameter_is_updated_once() -> None:
    module = torch.nn.Sequential(
        torch.nn.Linear(3, 3, bias=False), torch.nn.Linear(3, 3, bias=False)
    )
    module[1].weight = module[0].weight
    opt = SGD(lr=1.0).setup(module)
    before = module[0].weight.detach().clone()
    module[0].weight.grad = torch.ones(3, 3)
    opt.update()
    torch.testing.assert_close(module[0].weight.detach(), before - 1)


def test_casting_the_module_is_noticed() -> None:
    module = make()
    opt = Adam().setup(module)
    opt.update(lambda: loss_of(module))
    module.double()
    x, t = batch()
    opt.update(lambda: torch.nn.functional.cross_entropy(module(x.double()), t))
    assert module[0].weight.dtype == torch.float64


def test_bfloat16_without_numpy_views() -> None:
    module = make().bfloat16()
    opt = MomentumSGD(lr=0.5, momentum=0.5).setup(module)
    before = module[0].weight.detach().clone()
    for tensor in module.parameters():
        tensor.grad = torch.ones_like(tensor)
    opt.update()
    torch.testing.assert_close(module[0].weight.detach(), (before.float() - 0.5).bfloat16())


def test_autograd_hears_of_the_step() -> None:
    """A graph made before the step must not silently use parameters from after it."""
    module = make()
    opt = SGD(lr=0.1).setup(module)
    stale = loss_of(module)
    opt.update(lambda: loss_of(module))
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        stale.backward()


def test_a_static_loss_scale_is_divided_out_of_the_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes.scales, "in_use", False)
    plain, scaled = make(), make()
    for module, scale in ((plain, None), (scaled, 1024.0)):
        opt = SGD(lr=0.5).setup(module)
        if scale is not None:
            opt.loss_scaling(scale=scale)
        for _ in range(2):
            opt.update(loss_of, module)
    for mine, theirs in zip(scaled.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


def test_dynamic_loss_scaling_skips_and_recovers() -> None:
    module = make()
    opt = Adam(alpha=0.01).setup(module)
    opt.loss_scaling(interval=2)
    first = opt.update(lambda: loss_of(module)).item()
    for _ in range(60):
        opt.update(lambda: loss_of(module))
    before = [p.detach().clone() for p in module.parameters()]
    with pytest.warns(UserWarning, match="/0/weight, /0/bias, /2/weight and 1 more are not finite"):
        opt.update(lambda: loss_of(module) * float("inf"))
    for mine, other in zip(module.parameters(), before, strict=True):
        assert torch.equal(mine, other)
    assert loss_of(module).item() < first


def test_state_is_saved_by_path_and_resumes_to_the_same_bits(tmp_path: Path) -> None:
    module = make()
    opt = Adam().setup(module)
    for _ in range(3):
        opt.update(lambda: loss_of(module))
    save_npz(tmp_path / "opt.npz", opt)
    with np.load(tmp_path / "opt.npz") as stored:
        assert stored["0/weight/m"].shape == (8, 4)
    other = make(seed=5)
    other.load_state_dict(module.state_dict())
    resumed = Adam().setup(other)
    load_npz(tmp_path / "opt.npz", resumed)
    for each, target in ((opt, module), (resumed, other)):
        for _ in range(3):
            each.update(lambda target=target: loss_of(target))
    for mine, theirs in zip(module.parameters(), other.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_classic_numpy_rule_works_on_a_module() -> None:
    class Rule(UpdateRule):
        def update_core_cpu(self, param: Any) -> None:
            param.array -= 0.5 * param.grad

    class Classic(SGD):
        def create_update_rule(self) -> Rule:
            return Rule(self.hyperparam)

    module = make()
    opt = Classic().setup(module)
    before = module[0].weight.detach().clone()
    opt.update(lambda: loss_of(module))
    torch.testing.assert_close(module[0].weight.detach(), before - 0.5 * module[0].weight.grad)


@pytest.mark.parametrize(
    ("lossfun", "words"),
    [
        (lambda: None, "NoneType"),
        (lambda: 1.0, "scalar torch.Tensor"),
        (lambda: torch.ones(2, requires_grad=True), "one number"),
        (lambda: torch.ones(()), "does not depend"),
    ],
)
def test_a_loss_that_cannot_be_differentiated(lossfun: Any, words: str) -> None:
    module = make()
    opt = SGD().setup(module)
    loss_of(module).backward()
    grad = module[0].weight.grad.clone()
    with pytest.raises(LossError, match=words):
        opt.update(lossfun)
    assert torch.equal(module[0].weight.grad, grad)


def test_sparse_and_complex_are_clear_errors() -> None:
    embedding = torch.nn.Embedding(5, 2, sparse=True)
    opt = SGD().setup(embedding)
    with pytest.raises(ValueError, match="/weight has a sparse gradient"):
        opt.update(lambda: embedding(torch.tensor([1])).sum())
    module = torch.nn.ParameterDict({"z": torch.nn.Parameter(torch.ones(2, dtype=torch.complex64))})
    module["z"].grad = torch.ones(2, dtype=torch.complex64)
    with pytest.raises(ValueError, match=r"parameter /z has dtype torch.complex64"):
        SGD().setup(module).update()


@pytest.mark.parametrize("skipped", ["the partial step", "the full step after it"])
def test_updates_are_counted_where_parameters_take_turns_and_steps_are_skipped(
    skipped: str,
) -> None:
    """A rule's `t` counts the updates that happened, whatever was skipped before."""
    module = make()
    opt = Adam(alpha=0.01).setup(module)
    opt.loss_scaling(interval=2)
    opt.update(lambda: loss_of(module))
    bad = float("inf")

    def partial() -> torch.Tensor:
        return module[0](batch()[0]).sum() * (bad if skipped == "the partial step" else 1.0)

    def full() -> torch.Tensor:
        return loss_of(module) * (1.0 if skipped == "the partial step" else bad)

    def both() -> None:
        opt.update(partial)
        opt.update(full)

    with pytest.warns(UserWarning, match="not finite"):
        both()
    opt.update(lambda: loss_of(module))
    counts = [param.update_rule.t for param in opt._view.params()]
    assert counts == ([3] * 4 if skipped == "the partial step" else [3, 3, 2, 2])
