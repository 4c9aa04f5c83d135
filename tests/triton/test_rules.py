"""Every rule, with hooks and in every storage, on the GPU's kernels: as on the CPU."""

from __future__ import annotations

import pytest
import torch

from catenary import optim, optimizers
from catenary.kernel import DeviceStep, Step
from catenary.optimizer import FormulaRule, hyper, slot
from catenary.optimizer_hooks import (
    GradientClipping,
    GradientHardClipping,
    GradientLARS,
    Lasso,
    WeightDecay,
)
from tests.triton.device import on_triton

__all__ = ["on_triton"]

pytest.importorskip("triton")

TORCHS = [
    "ASGD", "LAMB", "LARS", "SGD", "AdEMAMix", "Adadelta", "Adagrad", "Adam", "AdamW",
    "AdamWScheduleFree", "Adamax", "Lion", "NAdam", "RAdam", "RMSprop", "Rprop", "SGDScheduleFree",
]  # fmt: skip
CHAINERS = [
    "AdaBound", "AdaDelta", "AdaGrad", "Adam", "AMSBound", "AMSGrad", "CorrectedMomentumSGD",
    "MSVAG", "MomentumSGD", "NesterovAG", "RMSprop", "RMSpropGraves", "SGD", "SMORMS3",
]  # fmt: skip
# Their rules keep numbers that the host computes from step to step.
HOST_DRIVEN = {"ASGD", "AdamWScheduleFree", "NAdam", "SGDScheduleFree", "MSVAG"}


class HeavyBallRule(FormulaRule):
    lr: float = hyper(default=0.1, ge=0)
    v = slot(0.0)

    @staticmethod
    def step(p, g, v, h):
        v = 0.9 * v + g
        return p - h.lr * v, v


class HeavyBall(optim.Optimizer):
    rule = HeavyBallRule


def model(dtype):
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(9, 7), torch.nn.Tanh()).to(dtype)


def train(made, step, plan_of, dtype, steps=3, bad=1):
    net, opt = made
    torch.manual_seed(1)
    for i in range(steps):
        net.zero_grad()
        net(torch.randn(5, 9, dtype=dtype)).square().mean().backward()
        if i == bad:
            net[0].weight.grad[0, 0] = float("nan")
        step(opt)
    backends = {type(made_step) for _, made_step in plan_of(opt)._buckets.values()}
    return [p.detach().clone() for p in net.parameters()], backends


def in_torchs_words(kind, dtype, storage):
    net = model(dtype)
    opt = kind(net, lr=0.01, storage=storage)
    opt.add_hook(GradientClipping(0.5))
    opt.when_not_finite("skip")
    return net, opt


def compare(mine, theirs, dtype):
    for a, b in zip(mine, theirs, strict=True):
        # In float64 the order shows in which a norm was added up.
        torch.testing.assert_close(a, b, rtol=1e-13 if dtype == torch.float64 else 0, atol=0)


CASES = [(name, torch.float32, "plain") for name in TORCHS]
CASES += [(name, torch.float64, "plain") for name in ("AdamW", "LAMB")]
CASES += [(name, torch.float16, "plain") for name in ("AdamW", "SGD")]
CASES += [(name, torch.bfloat16, way) for name in ("AdamW", "LAMB", "NAdam", "HeavyBall")
          for way in ("plain", "master", "kahan", "stochastic")]  # fmt: skip
CASES += [("HeavyBall", torch.float32, "plain"), ("Adam", torch.float16, "kahan")]


@pytest.mark.filterwarnings("ignore:the gradient:UserWarning")
@pytest.mark.parametrize(("name", "dtype", "storage"), CASES)
def test_rules_in_torchs_words(name, dtype, storage, on_triton, monkeypatch):
    kind = HeavyBall if name == "HeavyBall" else getattr(optim, name)
    arguments = (lambda opt: opt.step(), lambda opt: opt._engine._plan, dtype)
    mine, backends = train(in_torchs_words(kind, dtype, storage), *arguments)
    assert backends == {Step if name in HOST_DRIVEN else DeviceStep}
    monkeypatch.undo()
    theirs, _ = train(in_torchs_words(kind, dtype, storage), *arguments)
    compare(mine, theirs, dtype)


@pytest.mark.filterwarnings("ignore:the gradient:UserWarning")
@pytest.mark.parametrize("name", CHAINERS)
def test_rules_in_chainers_words(name, on_triton, monkeypatch):
    def made():
        net = model(torch.float32)
        opt = getattr(optimizers, name)().setup(net)
        opt.add_hook(WeightDecay(1e-3))
        opt.add_hook(GradientClipping(0.5))
        opt.when_not_finite("skip")
        opt.clear_in_step()
        return net, opt

    arguments = (lambda opt: opt.update(), lambda opt: opt._plan, torch.float32)
    mine, _ = train(made(), *arguments)
    monkeypatch.undo()
    theirs, _ = train(made(), *arguments)
    compare(mine, theirs, torch.float32)


def test_a_rule_that_runs_alone(on_triton, monkeypatch):
    """A plain hook takes a rule out of the plan; its kernels are the device's all the same."""

    def made():
        net = model(torch.float32)
        opt = optimizers.Adam().setup(net)
        rule = next(opt._view.params()).update_rule
        rule.add_hook(lambda rule, param: None, "plain")
        return net, opt

    arguments = (lambda opt: opt.update(), lambda opt: opt._plan, torch.float32)
    mine, _ = train(made(), *arguments, steps=1)
    monkeypatch.undo()
    theirs, _ = train(made(), *arguments, steps=1)
    compare(mine, theirs, torch.float32)


HOOKS = [
    GradientClipping(0.1),
    GradientHardClipping(-0.01, 0.02),
    GradientLARS(),
    Lasso(1e-3),
    WeightDecay(1e-2),
]


@pytest.mark.parametrize("where", ["optimizer", "one rule"])
@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook.name)
def test_hooks(hook, where, on_triton, monkeypatch):
    """Of the optimizer and of one rule; with a norm of a norm (clipping after LARS) beside."""

    def made():
        net = model(torch.float32)
        opt = optimizers.MomentumSGD(lr=0.1).setup(net)
        if where == "optimizer":
            opt.add_hook(hook)
        elif hook.name != "GradientClipping":  # its norm goes over the model
            next(opt._view.params()).update_rule.add_hook(hook)
        if hook.name != "GradientClipping":
            opt.add_hook(GradientClipping(0.5))
        opt.average_weights(0.9)
        opt.collect_stats()
        return net, opt

    arguments = (lambda opt: opt.update(), lambda opt: opt._plan, torch.float32)
    here = made()
    mine, backends = train(here, *arguments, bad=None)
    assert backends == {DeviceStep}
    found = here[1].stats(each=True)
    monkeypatch.undo()
    there = made()
    theirs, _ = train(there, *arguments, bad=None)
    compare(mine, theirs, torch.float32)
    expected = there[1].stats(each=True)
    assert found.keys() == expected.keys()
    for name in expected:
        assert found[name] == pytest.approx(expected[name], rel=1e-12), name
    with here[1].averaged_weights(), there[1].averaged_weights():
        compare(list(here[0].parameters()), list(there[0].parameters()), torch.float32)
