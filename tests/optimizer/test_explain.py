"""The plan in words."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from catenary import Link, Parameter
from catenary.errors import NotSetUpError
from catenary.optimizer_hooks import GradientClipping, WeightDecay
from catenary.optimizers import SGD, Adam, MomentumSGD


class Net(Link):
    def __init__(self, dtype: Any = np.float32) -> None:
        super().__init__()
        with self.init_scope():
            for name, size in (("a", 1000), ("b", 10), ("c", 3)):
                setattr(self, name, Parameter(np.zeros(size, dtype)))


@pytest.mark.parametrize(
    ("kind", "dtype", "hooks", "scaled", "total"),
    [
        (SGD, np.float32, [], False, 12),
        (MomentumSGD, np.float32, [], False, 20),
        (Adam, np.float32, [], False, 28),
        (Adam, np.float64, [], False, 56),
        (MomentumSGD, np.float32, [GradientClipping(1.0), WeightDecay(0.1)], True, 24),
        (MomentumSGD, np.float32, [WeightDecay(0.1), GradientClipping(1.0)], True, 28),
        (Adam, np.float32, [GradientClipping(1.0), WeightDecay(0.1)], True, 32),
        (SGD, np.float32, [], True, 16),
    ],
)
def test_bytes_a_value(kind: Any, dtype: Any, hooks: list[Any], scaled: bool, total: int) -> None:
    opt = kind().setup(Net(dtype))
    for hook in hooks:
        opt.add_hook(hook)
    if scaled:
        opt.loss_scaling()
    (bucket,) = opt.explain().buckets
    assert bucket.bytes_read + bucket.bytes_written + bucket.bytes_measured == total
    assert bucket.values == 1013
    assert f"{total} bytes a value" in str(opt.explain())


def test_an_averaged_copy_costs_eight_bytes() -> None:
    opt = SGD().setup(Net())
    opt.average_weights()
    (bucket,) = opt.explain().buckets
    assert bucket.bytes_read + bucket.bytes_written == 12 + 8


def test_what_fell_out_is_named_with_its_reason() -> None:
    net = Net()
    opt = Adam().setup(net)
    net.a.update_rule.add_hook(lambda rule, param: None, name="mine")
    net.b.update_rule.enabled = False
    told = opt.explain()
    assert told.fell_out == (("/a", "its rule has the plain hook 'mine'"),)
    assert told.resting == ("/b",)
    assert [bucket.paths for bucket in told.buckets] == [("/c",)]
    assert "on its own: /a, since its rule has the plain hook 'mine'" in str(told)


def test_hooks_are_told() -> None:
    opt = SGD().setup(Net())
    assert opt.explain().hooks == "no hooks"
    opt.add_hook(WeightDecay(0.1))
    assert opt.explain().hooks == "hooks in the rules' kernels: WeightDecay"
    opt.add_hook(lambda opt: None, name="plain")
    assert "one by one" in opt.explain().hooks


def test_an_optimizer_that_replaces_a_part_of_the_step_says_so() -> None:
    class Own(SGD):
        def call_hooks(self, timing: str = "pre") -> None:
            super().call_hooks(timing)

    told = Own().setup(Net()).explain()
    assert told.buckets == ()
    assert told.fell_out[0] == ("/a", "Own overrides call_hooks")
    assert "rule after rule, since Own overrides call_hooks" in str(told)


def test_explaining_changes_nothing() -> None:
    net = Net()
    opt = Adam().setup(net)
    opt.explain()
    assert net.a.update_rule.state is None
    assert (opt.t, net.a.update_rule.t) == (0, 0)


def test_sources_are_there_after_a_step() -> None:
    net = Net()
    opt = Adam().setup(net)
    for param in net.params():
        param.grad = np.ones_like(param.array)
    opt.update()
    (source,) = opt.explain().buckets[0].sources
    assert "define void" in source


def test_modules_without_gradient_rest() -> None:
    opt = Adam().setup(torch.nn.Linear(2, 2))
    assert opt.explain().resting == ("/weight", "/bias")


def test_before_setup() -> None:
    with pytest.raises(NotSetUpError):
        SGD().explain()
