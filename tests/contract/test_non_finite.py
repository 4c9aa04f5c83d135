"""A gradient that is not finite, under a dynamic loss scale, leaves everything as it was."""

from __future__ import annotations

import numpy as np
import pytest

from catenary import UpdateRule, optimizer_hooks, optimizers
from tests.strategies import (
    METHODS,
    SHAPES,
    Method,
    Net,
    by_hand,
    differing,
    draw,
    give,
    record,
    train,
)

WAYS = {"plan": lambda kind: kind, "by hand": by_hand}


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("steps_before", [0, 2])
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("method", METHODS, ids=str)
def test_nothing_moves(method, way, steps_before, bad):
    start, last, *grads = draw(1, 5, SHAPES, "float32")
    net = Net(start)
    opt = Method(WAYS[way](method.kind), method.flags).make().setup(net)
    opt.add_hook(optimizer_hooks.WeightDecay(0.1))
    opt.add_hook(optimizer_hooks.GradientClipping(1.0))
    opt.loss_scaling(interval=100)
    for grad in grads[:steps_before]:
        train(net, opt, [grad], opt._loss_scale)
    before, states = record(net), {n: p.update_rule.state for n, p in net.namedparams()}
    last["k"][1, 0, 2] = bad
    scale = opt._loss_scale
    give(net, last, scale)
    with pytest.warns(UserWarning, match="the gradient of /k is not finite"):
        opt.update()
    assert not differing(record(net), before)
    assert all((p.update_rule.state is None) == (states[n] is None) for n, p in net.namedparams())
    assert opt.t == steps_before + 1
    assert opt._loss_scale == max(scale / 2, 1.0)
    assert not opt.is_safe_to_update()
    # And life goes on.
    train(net, opt, [grads[2]], opt._loss_scale)
    assert opt.is_safe_to_update()
    assert {p.update_rule.t for p in net.params()} == {steps_before + 1}


class Classic(UpdateRule):
    def update_core_cpu(self, param):
        param.array -= param.grad


@pytest.mark.parametrize("way", WAYS)
def test_gradients_read_true_after_a_skipped_step(way):
    """Whatever rule a parameter has, `grad` is the unscaled gradient after the step."""
    net = Net({"b": np.ones(1, np.float32), "w": np.ones(2, np.float32)})
    opt = WAYS[way](optimizers.SGD)().setup(net)
    net.b.update_rule = Classic()
    opt.loss_scaling()
    give(net, {"b": np.ones(1, np.float32) * 2, "w": np.array([np.inf, 1], np.float32)}, 8.0)
    with pytest.warns(UserWarning, match="/w is not finite"):
        opt.update()
    assert net.w.grad.tolist() == [np.inf, 1.0]
    assert net.b.grad.tolist() == [2.0]
    assert net.b.array.tolist() == [1.0]


def test_without_a_dynamic_scale_nobody_looks():
    net = Net({"w": np.ones(2, np.float32)})
    opt = optimizers.SGD(lr=1.0).setup(net)
    give(net, {"w": np.array([np.inf, 1], np.float32)})
    opt.update()
    assert net.w.array.tolist() == [-np.inf, 0.0]
