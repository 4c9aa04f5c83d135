"""Saved and loaded, copied, or pickled, a run continues as if nothing had been."""

from __future__ import annotations

import copy
import io
import pickle
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenary import optimizer_hooks, optimizers
from catenary.serializers import load_npz, save_npz
from tests.strategies import (
    HOOKS,
    METHODS,
    SHAPES,
    Net,
    differing,
    draw,
    give,
    numbers,
    record,
    seeds,
    train,
)


def saved(obj):
    file = io.BytesIO()
    save_npz(file, obj)
    file.seek(0)
    return file


def continued(net, opt, fresh):
    """Load what (net, opt) hold into a fresh pair."""
    new_net, new_opt = fresh
    load_npz(saved(net), new_net)
    load_npz(saved(opt), new_opt)
    return new_net, new_opt


@pytest.mark.parametrize("method", METHODS, ids=str)
@settings(max_examples=6)
@given(
    data=st.data(),
    seed=seeds,
    stop=st.integers(0, 4),
    dtype=st.sampled_from(["float16", "float32", "float64"]),
)
def test_snapshot(method, data, seed, stop, dtype):
    values = data.draw(numbers(method.specs()))
    start, *grads = draw(seed, 6, SHAPES, dtype)

    def fresh(arrays):
        net = Net(arrays)
        opt = method.make(**values).setup(net)
        opt.use_fp32_update()
        return net, opt

    never_stopped = fresh(start)
    train(*never_stopped, grads)
    before = fresh(start)
    train(*before, grads[:stop])
    after = continued(*before, fresh({n: np.zeros_like(a) for n, a in start.items()}))
    assert after[1].t == stop
    train(*after, grads[stop:])
    assert not differing(record(after[0]), record(never_stopped[0]))


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_snapshot_with_dynamic_loss_scale(method):
    """float16, float32 masters, a scale that grows, overflows and grows again."""
    start, *grads = draw(5, 12, SHAPES, "float16")
    grads[3]["w"][0, 0] = np.inf
    grads[8]["b"][1] = np.nan

    def fresh():
        net = Net(start)
        opt = method.make().setup(net)
        opt.use_fp32_update()
        opt.loss_scaling(interval=3)
        return net, opt

    def go(net, opt, some):
        scales = []
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="the gradient of", category=UserWarning)
            for grad in some:
                give(net, grad, opt._loss_scale)
                opt.update()
                scales.append(opt._loss_scale)
        return scales

    whole = fresh()
    scales = go(*whole, grads)
    assert len(set(scales)) >= 3
    assert whole[0].w.update_rule.t == len(grads) - 2
    for stop in range(len(grads)):
        before = fresh()
        go(*before, grads[:stop])
        after = continued(*before, fresh())
        assert go(*after, grads[stop:]) == scales[stop:]
        assert not differing(record(after[0]), record(whole[0])), stop


@pytest.mark.parametrize("method", [m for m in METHODS if "alpha" in m.specs()], ids=str)
def test_a_rate_that_was_lowered_before_the_snapshot(method):
    """The fresh optimizer is made with today's alpha; adabound's first one comes from the file."""
    start, *grads = draw(9, 7, {"w": (4,)}, "float32")
    # A γ that closes the bounds at once.
    others = {"gamma": 10.0} if "gamma" in method.specs() else {}
    net = Net(start)
    opt = method.make(alpha=0.5, **others).setup(net)
    train(net, opt, grads[:3])
    opt.hyperparam.alpha = 0.125
    fresh_net = Net(start)
    fresh = continued(net, opt, (fresh_net, method.make(alpha=0.125, **others).setup(fresh_net)))
    train(*fresh, grads[3:])
    train(net, opt, grads[3:])
    assert not differing(record(fresh_net), record(net))


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))],
                         ids=["deepcopy", "pickle"])  # fmt: skip
@pytest.mark.parametrize("with_hooks", [False, True], ids=["bare", "hooks"])
@pytest.mark.parametrize("method", METHODS, ids=str)
def test_copies(method, with_hooks, duplicate):
    """A copy of optimizer and model goes on as the original does, and leaves it alone."""
    start, *grads = draw(7, 6, SHAPES, "float32")
    net = Net(start)
    opt = method.make().setup(net)
    net.w.update_rule.hyperparam.eta = 0.5
    opt.loss_scaling(scale=4.0)
    if with_hooks:
        for kind in HOOKS:
            opt.add_hook(kind(**dict.fromkeys(kind.specs, 0.25)))
        net.k.update_rule.add_hook(optimizer_hooks.WeightDecay(0.5))
    train(net, opt, grads[:3], 4.0)
    opt2, net2 = duplicate((opt, net))
    assert opt2.target is net2
    assert net2.w.update_rule.hyperparam.parent is opt2.hyperparam
    at_copy = record(net)
    train(net2, opt2, grads[3:], 4.0)
    assert not differing(record(net), at_copy)
    train(net, opt, grads[3:], 4.0)
    assert not differing(record(net2), record(net))
    assert opt2.t == opt.t == 5


def test_a_copied_optimizer_hears_its_own_changes():
    net = Net({"w": np.ones(2, np.float32)})
    opt = optimizers.SGD(lr=1.0).setup(net)
    give(net, {"w": np.ones(2, np.float32)})
    opt.update()
    opt2, net2 = copy.deepcopy((opt, net))
    opt2.lr = 0.25
    give(net2, {"w": np.ones(2, np.float32)})
    opt2.update()
    assert opt.lr == 1.0
    assert net2.w.array.tolist() == [-0.25] * 2
    with pytest.raises(ValueError, match="nan"):
        opt2.lr = float("nan")
