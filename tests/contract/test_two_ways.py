"""The fused plan and Chainer's way, one parameter after the other, give the same bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenary import Parameter, optimizer_hooks, optimizers
from tests.strategies import (
    HOOKS,
    METHODS,
    SHAPES,
    Method,
    Net,
    by_hand,
    differing,
    draw,
    give,
    numbers,
    record,
    seeds,
    train,
)

SCALES = [None, 128.0, 3.7, 2.0**-20]


def run(method, values, arrays, hooks=(), scale=None, fp32=False):
    start, *grads = arrays
    net = Net(start)
    opt = method.make(**values).setup(net)
    if fp32:
        opt.use_fp32_update()
    if scale is not None:
        opt.set_loss_scale(scale)
    for hook in hooks:
        opt.add_hook(hook)
    train(net, opt, grads, scale)
    assert opt.t == len(grads)
    return record(net)


def both(method, *args, **options):
    other = Method(by_hand(method.kind), method.flags)
    assert other.make()._takes_chainers_way()
    assert not method.make()._takes_chainers_way()
    return run(method, *args, **options), run(other, *args, **options)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", METHODS, ids=str)
@settings(max_examples=8)
@given(data=st.data(), seed=seeds, scale=st.sampled_from(SCALES))
def test_every_optimizer(method, dtype, data, seed, scale):
    values = data.draw(numbers(method.specs()))
    kinds = data.draw(st.lists(st.sampled_from(HOOKS), unique=True, max_size=3))
    chosen = [(kind, data.draw(numbers(kind.specs))) for kind in kinds]
    hooks = [kind(**values_) for kind, values_ in chosen]
    found, wanted = both(method, values, draw(seed, 4, SHAPES, dtype), hooks, scale)
    assert not differing(found, wanted)


@pytest.mark.parametrize("method", METHODS, ids=str)
@settings(max_examples=8)
@given(data=st.data(), seed=seeds, scale=st.sampled_from([None, 128.0]))
def test_float32_masters(method, data, seed, scale):
    """A master's arithmetic is float32's; no gradient here is so small that float16 loses it."""
    values = data.draw(numbers(method.specs()))
    arrays = draw(seed, 4, SHAPES, "float16")
    found, wanted = both(method, values, arrays, (), scale, fp32=True)
    assert any(n.endswith("@master") for n in found)
    assert not differing(found, wanted)


@pytest.mark.parametrize("way", ["plan", "by hand", "plan with a plain hook"])
def test_a_master_gets_gradients_that_float16_would_lose(way):
    """What loss scaling is for: 2**-26 is no float16, but reaches a float32 master."""
    net = Net({"w": np.ones(3, np.float16)})
    kind = by_hand(optimizers.SGD) if way == "by hand" else optimizers.SGD
    opt = kind(lr=2.0**20).setup(net)
    opt.use_fp32_update()
    opt.set_loss_scale(2.0**14)
    if way == "plan with a plain hook":
        opt.add_hook(lambda optimizer: None, name="looks on")
    give(net, {"w": np.full(3, 2.0**-12, np.float16)}, None)
    net.w._loss_scale = 2.0**14
    opt.update()
    assert net.w.update_rule._fp32_param.array.tolist() == [1 - 2.0**-6] * 3


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@settings(max_examples=25)
@given(seed=seeds, data=st.data())
def test_rules_of_their_own(dtype, seed, data):
    """Own hyperparameters, hooks of single rules, a rule that is off and one that is another's."""
    arrays = draw(seed, 5, SHAPES, dtype)
    decay, lars = data.draw(st.floats(0, 0.5)), data.draw(st.booleans())

    def train_one(kind):
        start, *grads = arrays
        net = Net(start)
        opt = kind(lr=0.5).setup(net)
        opt.add_hook(optimizer_hooks.GradientClipping(1.0))
        net.w.update_rule.hyperparam.lr = 0.125
        net.k.update_rule.add_hook(optimizer_hooks.WeightDecay(decay))
        if lars:
            net.b.update_rule.add_hook(optimizer_hooks.GradientLARS())
        net.s.update_rule.enabled = False
        net.b.update_rule = optimizers.MomentumSGD.rule(opt.hyperparam, momentum=0.75)
        for i, grad in enumerate(grads):
            if i == 2:
                opt.lr *= 0.5
                net.s.update_rule.enabled = True
            give(net, grad)
            opt.update()
        return record(net)

    assert not differing(train_one(optimizers.SGD), train_one(by_hand(optimizers.SGD)))


def test_an_uninitialised_parameter_is_passed_over():
    for kind in (optimizers.Adam, by_hand(optimizers.Adam)):
        net = Net({"w": np.ones(2, np.float32)})
        with net.init_scope():
            net.lazy = Parameter()
        opt = kind().setup(net)
        net.w.grad = np.ones(2, np.float32)
        opt.update()
        assert net.lazy.array is None
        np.testing.assert_allclose(net.w.array, 0.999, rtol=1e-6)
