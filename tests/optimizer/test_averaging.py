"""An averaged copy of the weights, in the same pass or after it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from catenary import Link, Parameter
from catenary.errors import HyperparameterError, NotSetUpError
from catenary.optimizer import UpdateRule
from catenary.optimizers import SGD, Adam, MomentumSGD, RMSpropGraves
from catenary.serializers import load_npz, save_npz


class Net(Link):
    def __init__(self, dtype: Any = np.float32) -> None:
        super().__init__()
        rng = np.random.RandomState(0)
        with self.init_scope():
            self.a = Parameter(rng.randn(40, 3).astype(dtype))
            self.b = Parameter(rng.randn(5).astype(dtype))

    def give_grads(self, seed: int) -> None:
        rng = np.random.RandomState(seed)
        for param in self.params():
            param.grad = rng.randn(*param.shape).astype(param.dtype)


class Classic(UpdateRule):
    def update_core_cpu(self, param: Any) -> None:
        param.array -= np.asarray(0.1, param.dtype) * param.grad


def by_hand(kind: type) -> type:
    return type("ByHand", (kind,), {"call_hooks": lambda self, timing="pre": None})


@pytest.mark.parametrize("kind", [MomentumSGD, Adam, RMSpropGraves, by_hand(Adam)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_average_follows_the_weights(kind: Any, dtype: Any) -> None:
    net = Net(dtype)
    opt = kind().setup(net)
    opt.average_weights(0.9)
    net.b.update_rule = Classic()
    want = {path: param.array.copy() for path, param in net.namedparams()}
    keep, take = dtype(0.9), dtype(1 - 0.9)
    for step in range(5):
        net.give_grads(step)
        opt.update()
        for path, param in net.namedparams():
            want[path] = keep * want[path] + take * param.array
    own = {path: param.array.copy() for path, param in net.namedparams()}
    with opt.averaged_weights():
        for path, param in net.namedparams():
            np.testing.assert_array_equal(param.array, want[path])
    for path, param in net.namedparams():
        np.testing.assert_array_equal(param.array, own[path])


def test_averaging_changes_no_weight() -> None:
    plain, averaging = Net(), Net()
    opts = [Adam().setup(plain), Adam().setup(averaging)]
    opts[1].average_weights()
    for step in range(4):
        for net, opt in zip((plain, averaging), opts, strict=True):
            net.give_grads(step)
            opt.update()
    np.testing.assert_array_equal(plain.a.array, averaging.a.array)


def test_an_error_inside_the_block_gives_the_weights_back() -> None:
    net = Net()
    opt = SGD(lr=1.0).setup(net)
    opt.average_weights(0.5)
    net.give_grads(0)
    opt.update()
    own = net.a.array.copy()
    with pytest.raises(ZeroDivisionError), opt.averaged_weights():
        assert not np.array_equal(net.a.array, own)
        raise ZeroDivisionError
    np.testing.assert_array_equal(net.a.array, own)


def test_float16_weights_have_a_float32_average() -> None:
    net = Net(np.float16)
    opt = SGD(lr=2.0**-12).setup(net)
    opt.use_fp32_update()
    opt.average_weights(0.5)
    net.give_grads(0)
    opt.update()
    assert net.a.update_rule._average.dtype == torch.float32


def test_the_average_is_saved_and_resumed(tmp_path: Path) -> None:
    net = Net()
    opt = Adam().setup(net)
    opt.average_weights(0.9)
    for step in range(3):
        net.give_grads(step)
        opt.update()
    save_npz(tmp_path / "net.npz", net)
    save_npz(tmp_path / "opt.npz", opt)
    twin = Net()
    resumed = Adam().setup(twin)
    resumed.average_weights(0.9)
    load_npz(tmp_path / "net.npz", twin)
    load_npz(tmp_path / "opt.npz", resumed)
    for target, each in ((net, opt), (twin, resumed)):
        target.give_grads(9)
        each.update()
    with opt.averaged_weights(), resumed.averaged_weights():
        np.testing.assert_array_equal(net.a.array, twin.a.array)


def test_a_skipped_step_averages_nothing() -> None:
    net = Net()
    opt = SGD(lr=1.0).setup(net)
    opt.average_weights(0.5)
    opt.loss_scaling()
    net.give_grads(0)
    opt.update()
    before = net.a.update_rule._average.clone()
    net.give_grads(1)
    net.b.grad[0] = np.inf
    with pytest.warns(UserWarning, match="/b is not finite"):
        opt.update()
    assert torch.equal(net.a.update_rule._average, before)


def test_misuse() -> None:
    opt = SGD().setup(Net())
    with pytest.raises(NotSetUpError, match="average_weights"), opt.averaged_weights():
        pass
    with pytest.raises(HyperparameterError, match=r"decay must lie in \[0, 1\)"):
        opt.average_weights(1.0)
    opt.average_weights(0.9)
    opt.average_weights(None)
    with pytest.raises(NotSetUpError), opt.averaged_weights():
        pass
