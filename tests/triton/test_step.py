"""A step that the host does not wait for: what it skips, counts and tells later."""

from __future__ import annotations

import pickle
import warnings

import numpy as np
import pytest
import torch

import catenary
from catenary import Link, Parameter, optim, optimizers, serializers
from catenary.errors import GradientError
from catenary.kernel import DeviceStep, Later, Step
from catenary.kernel.triton import runner
from catenary.optimizer_hooks import GradientClipping
from tests.triton.device import on_triton

__all__ = ["on_triton"]

pytestmark = pytest.mark.usefixtures("on_triton")


class Slow:
    """A device that answers when it is told to, or when somebody waits."""

    def __init__(self, monkeypatch):
        self.answers = False
        self.waited = 0
        launch = Later.launch

        def waiting(later):
            self.waited += not self.answers
            return launch(later)

        monkeypatch.setattr(Later, "is_known", lambda later: self.answers)
        monkeypatch.setattr(Later, "launch", waiting)


@pytest.fixture
def slow(monkeypatch):
    return Slow(monkeypatch)


class Net(Link):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.a = Parameter(np.ones(3, np.float32))
            self.b = Parameter(np.full((2, 2), 2, np.float32))


def give(net, value=1.0, bad=False):
    for param in net.params():
        param.grad = np.full(param.shape, value, np.float32)
    if bad:
        net.b.grad[0, 0] = np.nan


def adam():
    net = Net()
    return net, optimizers.Adam(alpha=0.1).setup(net)


def test_nobody_waits_and_the_device_skips_and_counts_by_itself(slow):
    """Five steps, the third bad; the host learns of none until the end."""
    net, opt = adam()
    opt.when_not_finite("skip")
    for i in range(5):
        give(net, i + 1.0, bad=i == 2)
        opt.update()
    assert slow.waited == 0
    with pytest.warns(UserWarning, match=r"gradient of /b is not finite \(iteration 2"):
        opt.synchronize()
    assert slow.waited == 5
    assert net.a.update_rule.t == 4
    plain, other = adam()
    for i in (0, 1, 3, 4):
        give(plain, i + 1.0)
        other.update()
    np.testing.assert_array_equal(net.a.array, plain.a.array)
    np.testing.assert_array_equal(net.b.array, plain.b.array)


def test_a_hyperparameter_written_meanwhile_keeps_the_count(slow):
    net, opt = adam()
    opt.when_not_finite("skip")
    plain, other = adam()
    for i in range(4):
        opt.alpha = other.alpha = 0.1 / (i + 1)
        net.a.update_rule.hyperparam.beta1 = plain.a.update_rule.hyperparam.beta1 = 0.5 + 0.1 * i
        give(net, 1.0, bad=i == 1)
        opt.update()
        if i != 1:
            give(plain, 1.0)
            other.update()
    with pytest.warns(UserWarning, match="not finite"):
        opt.synchronize()
    np.testing.assert_array_equal(net.a.array, plain.a.array)
    assert net.a.update_rule.t == plain.a.update_rule.t == 3


def test_a_dynamic_loss_scale_follows_later_and_falls_once(slow):
    """Three steps overflow at one scale before the host knows: one overflow, not three."""
    net, opt = adam()
    opt.loss_scaling()
    for _ in range(5):
        give(net)
        opt.update()
    opt.synchronize()
    assert opt._loss_scale == 2.0  # steps on their way at scale 1 made one doubling
    for _ in range(3):
        give(net, bad=True)
        opt.update()
    with pytest.warns(UserWarning, match="not finite"):
        opt.synchronize()
    assert opt._loss_scale == 1.0
    assert net.a.update_rule.t == 5


def test_outcomes_are_taken_notice_of_as_they_arrive(slow):
    net, opt = adam()
    opt.when_not_finite("skip")
    give(net, bad=True)
    opt.update()
    slow.answers = True
    give(net)
    with pytest.warns(UserWarning, match="iteration 0"):
        opt.update()
    assert slow.waited == 0


def test_whoever_wants_an_error_at_once_waits(slow):
    net, opt = adam()
    opt.when_not_finite("raise")
    give(net, bad=True)
    with pytest.raises(GradientError, match="/b"):
        opt.update()
    assert net.a.array.tolist() == [1.0] * 3
    assert net.a.update_rule.t == 0


def test_stop_after_is_heard_when_it_is_known(slow):
    net, opt = adam()
    opt.when_not_finite("skip", stop_after=2)
    for _ in range(2):
        give(net, bad=True)
        opt.update()
    with pytest.warns(UserWarning), pytest.raises(GradientError, match="2 steps in a row"):
        opt.synchronize()


def test_without_a_check_there_is_nothing_to_learn(slow):
    net, opt = adam()
    opt.add_hook(GradientClipping(1.0))
    for _ in range(3):
        give(net)
        opt.update()
    opt.synchronize()
    assert slow.waited == 0
    assert net.a.update_rule.t == 3


def test_statistics_wait(slow):
    net, opt = adam()
    opt.add_hook(GradientClipping(1.0))
    opt.collect_stats()
    give(net)
    opt.update()
    assert slow.waited == 0
    found = opt.stats(each=True)
    assert found["grad_norm"] == pytest.approx(7**0.5)
    assert found["clipped"] == 1.0
    assert found["grad_norm/a"] == pytest.approx(3**0.5)


def _snapshot(opt, path):
    serializers.save_npz(path, opt)
    return int(np.load(path)["a/t"])


# Each saves an optimizer and returns the count of its first parameter.
SAVE = {
    "snapshot": _snapshot,
    "pickle": lambda opt, path: pickle.loads(pickle.dumps(opt)).target.a.update_rule.t,
    "state_dict": lambda opt, path: int(opt.state_dict()["state"][0]["step"]),
}


@pytest.mark.parametrize("save", SAVE)
def test_what_is_saved_is_known(save, slow, tmp_path):
    net = torch.nn.Linear(2, 2) if save == "state_dict" else Net()
    opt = optim.Adam(net) if save == "state_dict" else optimizers.Adam().setup(net)
    opt.when_not_finite("skip")
    for bad in (False, True):
        for param in net.parameters() if save == "state_dict" else ():
            param.grad = torch.full_like(param, float("nan") if bad else 1.0)
        if save != "state_dict":
            give(net, bad=bad)
        (opt.step if save == "state_dict" else opt.update)()
    with pytest.warns(UserWarning, match="not finite"):
        saved = SAVE[save](opt, tmp_path / "snapshot.npz")
    assert saved == 1


def test_gradients_are_cleared_by_a_skipped_step_too(slow):
    net, opt = adam()
    opt.when_not_finite("skip")
    opt.clear_in_step()
    give(net, bad=True)
    opt.update()
    assert not net.a.grad.any()
    assert not net.b.grad.any()
    assert net.a.array.tolist() == [1.0] * 3
    with pytest.warns(UserWarning):
        opt.synchronize()


def test_rows_that_rest(slow):
    """A frozen parameter of a torch module takes no part and does not count."""
    net = torch.nn.ParameterDict({"a": torch.nn.Parameter(torch.ones(3)),
                                  "b": torch.nn.Parameter(torch.ones(2))})  # fmt: skip
    opt = optim.Adam(net, lr=0.1)
    for i in range(4):
        net["b"].requires_grad_(i % 2 == 0)
        for param in net.values():
            param.grad = torch.ones_like(param)
        opt.step()
    steps = {name: int(opt.state[param]["step"]) for name, param in net.items()}
    assert steps == {"a": 4, "b": 2}
    torch.testing.assert_close(net["a"].detach(), torch.full((3,), 0.6))
    torch.testing.assert_close(net["b"].detach(), torch.full((2,), 0.8))


@pytest.mark.parametrize("why", ["a row rests", "the host computes from t"])
def test_the_host_waits_where_it_has_to_know(why, slow):
    net, opt = adam()
    if why == "a row rests":
        net.b.update_rule.enabled = False
        target = torch.nn.ParameterList([torch.nn.Parameter(torch.ones(2)) for _ in range(2)])
        opt = optimizers.Adam().setup(target)
        target[1].requires_grad_(False)
        for param in target:
            param.grad = torch.full_like(param, float("nan"))
        rule = next(opt._view.params()).update_rule
        opt.update()  # makes the plan with one row; then both are there
        target[1].requires_grad_(True)
        opt.update()
        target[1].requires_grad_(False)
    else:

        class Warm(optimizers.Adam.rule):
            @property
            def alpha_t(self):
                return 0.1 / self.t

        net.a.update_rule = Warm(opt.hyperparam)
        give(net, bad=True)
        rule = net.a.update_rule
    opt.when_not_finite("skip")
    before = rule.t
    with pytest.warns(UserWarning, match="not finite"):
        opt.update()
    assert rule.t == before


def test_replays_of_a_graph_are_counted():
    """A CUDA graph runs the kernels again without the host; the device counts on."""
    net, opt = adam()
    give(net)
    opt.update()
    ((_, step),) = opt._plan._buckets.values()
    for _ in range(2):  # what a replay does
        work = step._work[False]
        step._fill(work, 0)
        step._sweep(work, -1)
        step._finish(work)
    opt.synchronize()
    assert net.a.update_rule.t == 3
    give(net)
    opt.update()
    assert net.a.update_rule.t == 4
    plain, other = adam()
    for _ in range(4):
        give(plain)
        other.update()
    np.testing.assert_array_equal(net.a.array, plain.a.array)


def test_explain_says_where_it_runs():
    net, opt = adam()
    give(net)
    opt.update()
    told = str(opt.explain())
    assert "the host waits for nothing" in told
    assert "@triton.jit" in opt.explain().buckets[0].sources[0]


def test_the_host_steps_what_it_has_to(slow):
    """A rule that keeps numbers from step to step is decided by the host, at once."""
    net = torch.nn.Linear(2, 2)
    opt = optim.NAdam(net)
    opt.when_not_finite("skip")
    for param in net.parameters():
        param.grad = torch.full_like(param, float("inf"))
    with pytest.warns(UserWarning, match="not finite"):
        opt.step()
    assert {type(step) for _, step in opt._engine._plan._buckets.values()} == {Step}


def test_a_missing_triton_is_told_once(monkeypatch):
    from catenary.kernel.triton import compiler

    monkeypatch.setitem(__import__("sys").modules, "triton", None)
    compiler.has_triton.cache_clear()
    net, opt = adam()
    give(net)
    try:
        with pytest.warns(RuntimeWarning, match="pip install triton"):
            opt.update()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            opt.update()
    finally:
        compiler.has_triton.cache_clear()
    assert net.a.array.tolist() != [1.0] * 3


def test_nothing_is_late_on_the_cpu(monkeypatch):
    monkeypatch.setattr(runner, "_is_cuda", lambda table: False)
    net, opt = adam()
    opt.when_not_finite("skip")
    give(net)
    opt.update()
    assert not opt._awaited
    assert not any(isinstance(step, DeviceStep) for _, step in opt._plan._buckets.values())
    with catenary.using_config("train", False):
        opt.synchronize()
