"""What programs do with optimizers, in the words in which they do it."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import catenary as chainer
from catenary import optimizer_hooks, optimizers
from catenary.optimizers.momentum_sgd import MomentumSGDRule
from tests.patterns.models import Deep, Two, set_grads

# ---- wrappers -----------------------------------------------------------------------------------


class MultiNode:
    """An optimizer around an optimizer, as in ChainerMN."""

    def __init__(self, actual_optimizer, factor):
        super().__setattr__("actual_optimizer", actual_optimizer)
        super().__setattr__("factor", factor)

    def update(self, lossfun=None, *args, **kwds):
        target = self.target
        if lossfun is not None:
            loss = lossfun(*args, **kwds)
            target.cleargrads()
            loss.backward(loss_scale=self.actual_optimizer._loss_scale)
            del loss
        for param in target.params():
            param.grad *= self.factor
        self.actual_optimizer.update(None, *args, **kwds)

    def setup(self, link):
        self.actual_optimizer.setup(link)
        return self

    def __getattr__(self, name):
        return getattr(self.actual_optimizer, name)

    def __setattr__(self, name, value):
        setattr(self.actual_optimizer, name, value)


@pytest.mark.parametrize("scale", [None, 16.0])
def test_wrapper(scale):
    link = Two()
    opt = MultiNode(optimizers.MomentumSGD(lr=0.5, momentum=0.5), 0.5).setup(link)
    if scale is not None:
        opt.loss_scaling(scale=scale)
    opt.add_hook(optimizer_hooks.WeightDecay(0.5))
    opt.lr = 0.25

    def lossfun():
        return chainer.functions.sum(link.w * np.array([2, 4], "f")) + chainer.functions.sum(link.b)

    w, v = np.array([1.0, 2.0]), np.zeros(2)
    for _ in range(3):
        opt.update(lossfun)
        v = 0.5 * v - 0.25 * (0.5 * np.array([2, 4]) + 0.5 * w)
        w = w + v
    np.testing.assert_allclose(link.w.array, w, rtol=1e-6)
    assert opt.t == opt.actual_optimizer.t == 3
    assert opt.actual_optimizer.lr == 0.25
    assert opt.target is link


# ---- loss scaling -------------------------------------------------------------------------------


def test_loss_scale_that_only_grows_until_it_overflows():
    link = Two("e")
    opt = optimizers.SGD(lr=1.0)
    opt.loss_scaling(interval=float("inf"), scale=None)
    opt.use_fp32_update()
    opt.setup(link)
    scales = []
    for i in range(12):
        set_grads(link, [2**-6, 0], [0 if i != 5 else np.inf], scale=opt._loss_scale)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            opt.update()
        scales.append(opt._loss_scale)
    assert scales == [2, 4, 8, 16, 32, *[16] * 7]
    assert link.w.update_rule._fp32_param.array.tolist() == [1 - 11 * 2**-6, 2]
    assert opt.t == 12


def test_a_largest_loss_scale_of_one():
    link = Two("e")
    opt = optimizers.SGD(lr=1.0).setup(link)
    opt.loss_scaling()
    opt._loss_scale_max = 1.0
    for _ in range(3):
        set_grads(link, [1, 1], [1], scale=opt._loss_scale)
        opt.update()
        assert opt._loss_scale == 1.0
    assert link.w.array.tolist() == [-2, -1]


@pytest.mark.parametrize("first", [True, False], ids=["before setup", "after setup"])
def test_loss_scaling_and_fp32_update_around_setup(first):
    link = Two("e")
    opt = optimizers.SGD(lr=1.0)
    if first:
        opt.loss_scaling(scale=4.0)
        opt.use_fp32_update()
        opt.setup(link)
    else:
        opt.setup(link)
        opt.use_fp32_update()
        opt.loss_scaling(scale=4.0)

    def lossfun():
        return chainer.functions.sum(link.w) * np.float16(2**-12)

    opt.update(lossfun)
    assert link.w.update_rule._fp32_param.array.tolist() == [1 - 2**-12, 2 - 2**-12]
    assert link.w.grad.tolist() == [2**-12] * 2


# ---- rules and hyperparameters of single parameters ---------------------------------------------


def test_a_rule_of_another_kind_for_one_parameter():
    link = Two()
    opt = optimizers.Adam(alpha=0.1).setup(link)
    link.b.update_rule = MomentumSGDRule(lr=opt.alpha * 2, momentum=0)
    set_grads(link, [1, -1], [1])
    opt.update()
    np.testing.assert_allclose(link.w.array, [0.9, 2.1], rtol=1e-6)
    np.testing.assert_allclose(link.b.array, [2.8], rtol=1e-6)


def test_a_rate_of_its_own_is_a_tenth_of_what_it_was():
    link = Two()
    opt = optimizers.Adam(alpha=0.5).setup(link)
    link.w.update_rule.hyperparam.alpha *= 0.1
    assert link.w.update_rule.hyperparam.get_dict()["alpha"] == 0.05
    assert link.b.update_rule.hyperparam.get_dict() == opt.hyperparam.get_dict()
    set_grads(link, [1, 1], [1])
    opt.update()
    np.testing.assert_allclose(link.w.array, [0.95, 1.95], rtol=1e-6)
    np.testing.assert_allclose(link.b.array, [2.5], rtol=1e-6)
    opt.alpha = 0.25
    assert link.w.update_rule.hyperparam.alpha == 0.05
    assert link.b.update_rule.hyperparam.alpha == 0.25


def test_frozen_by_rule():
    link = Two()
    opt = optimizers.SGD(lr=1.0).setup(link)
    link.w.update_rule.enabled = False
    set_grads(link, [1, 1], [1])
    opt.update()
    assert (link.w.array.tolist(), link.b.array.tolist()) == ([1, 2], [2])
    assert (link.w.update_rule.t, link.b.update_rule.t) == (0, 1)
    link.w.update_rule.enabled = True
    opt.update()
    assert (link.w.array.tolist(), link.b.array.tolist()) == ([0, 1], [1])


def test_frozen_by_link():
    model = Deep()
    opt = optimizers.SGD(lr=1.0).setup(model)

    def step():
        set_grads(model.inner, [1, 1], [1])
        model.gamma.grad = np.array([1], "f")
        opt.update()

    model.inner.disable_update()
    step()
    assert (model.inner.w.array.tolist(), model.gamma.array.tolist()) == ([1, 2], [4])
    model.inner.enable_update()
    step()
    assert (model.inner.w.array.tolist(), model.gamma.array.tolist()) == ([0, 1], [3])


# ---- hooks --------------------------------------------------------------------------------------


class GradientScaling:
    name = "GradientScaling"
    call_for_each_param = True

    def __init__(self, ratio):
        self.ratio = ratio

    def __call__(self, rule, param):
        if param.grad is not None:
            param.grad *= self.ratio


def test_a_hook_of_one_parameter():
    link = Two()
    opt = optimizers.SGD(lr=1.0).setup(link)
    link.w.update_rule.add_hook(GradientScaling(3.0))
    set_grads(link, [1, 1], [1])
    opt.update()
    assert link.w.array.tolist() == [-2, -1]
    assert link.b.array.tolist() == [2]
    assert link.w.grad.tolist() == [3, 3]


def test_decay_only_where_the_name_says_so():
    model = Deep()
    opt = optimizers.SGD(lr=1.0).setup(model)
    for param in model.params():
        if param.name not in ("b", "beta", "gamma"):
            param.update_rule.add_hook(optimizer_hooks.WeightDecay(0.5))
    set_grads(model.inner, [1, 1], [1])
    model.gamma.grad = np.array([1], "f")
    opt.update()
    assert model.inner.w.array.tolist() == [1 - 1.5, 2 - 2]
    assert model.inner.b.array.tolist() == [2]
    assert model.gamma.array.tolist() == [4]


class WithoutTiming:
    name = "WithoutTiming"

    def __init__(self, log):
        self.log = log

    def __call__(self, opt):
        self.log.append((self.name, opt.target.w.array.tolist()))


class AfterTheUpdate(WithoutTiming):
    name = "AfterTheUpdate"
    timing = "post"


def plain_function(opt):
    for param in opt.target.params():
        param.grad[...] += 1


def test_hooks_of_every_kind():
    link, log = Two(), []
    opt = optimizers.SGD(lr=1.0).setup(link)
    opt.add_hook(WithoutTiming(log))
    opt.add_hook(AfterTheUpdate(log))
    opt.add_hook(plain_function)
    opt.add_hook(GradientScaling(2.0))
    set_grads(link, [1, 1], [1])
    opt.update()
    assert log == [("WithoutTiming", [1, 2]), ("AfterTheUpdate", [-3, -2])]
    assert link.w.grad.tolist() == [4, 4]
    opt.remove_hook("plain_function")
    set_grads(link, [1, 1], [1])
    opt.update()
    assert link.w.array.tolist() == [-5, -4]


def test_a_hook_that_sets_the_rate():
    """Noam's schedule: the rate of a step is the one that its hook set."""

    class Noam:
        name = "Noam"

        def __call__(self, opt):
            opt.alpha = 0.1 * min((opt.t + 1) ** -0.5, (opt.t + 1) / 4)

    link = Two("d")
    opt = optimizers.Adam(alpha=9.0, beta1=0.0, beta2=0.0, eps=0.0).setup(link)
    opt.add_hook(Noam())
    w = 1.0
    for t in range(1, 7):
        set_grads(link, [1, 1], [1])
        opt.update()
        w -= 0.1 * min(t**-0.5, t / 4)
        assert link.w.array[0] == pytest.approx(w, rel=1e-12)


def test_a_hook_that_walks_the_parameters():
    class Prune:
        name = "Prune"
        timing = "post"

        def __call__(self, opt):
            for path, param in opt.target.namedparams(False):
                if path in self.masks:
                    param.array[...] *= self.masks[path]

        masks = {"/inner/w": np.array([0, 1], "f")}  # noqa: RUF012

    model = Deep()
    with model.init_scope():
        model.lazy = chainer.Parameter()
    opt = optimizers.SGD(lr=1.0).setup(model)
    opt.add_hook(Prune())
    set_grads(model.inner, [1, 1], [1])
    opt.update()
    assert model.inner.w.array.tolist() == [0, 1]


# ---- what extensions do -------------------------------------------------------------------------


def test_setattr_and_counters():
    link = Two()
    opt = optimizers.MomentumSGD(lr=1.0, momentum=0.0).setup(link)
    seen = []
    for _ in range(4):
        if opt.t % 2 == 0:
            setattr(opt, "lr", getattr(opt, "lr") * 0.5)  # noqa: B009, B010
        set_grads(link, [1, 1], [1])
        opt.update()
        seen.append((opt.t, opt.lr))
        if opt.t % 2 == 0:
            opt.new_epoch()
    assert seen == [(1, 0.5), (2, 0.5), (3, 0.25), (4, 0.25)]
    assert opt.epoch == 2
    assert link.w.array.tolist() == [1 - 1.5, 2 - 1.5]


def test_a_trainer_around_another_model():
    """ESPnet drives a torch model: target and serialize are put on the optimizer from outside."""
    opt = optimizers.SGD(lr=1.0)
    reporter = Two()
    setattr(opt, "target", reporter)  # noqa: B010
    setattr(opt, "serialize", lambda s: s("marker", 1.5))  # noqa: B010
    saved = chainer.serializers.DictionarySerializer()
    saved.save(opt)
    assert list(saved.target) == ["marker"]
    assert saved.target["marker"] == 1.5
    assert opt.target is reporter


def test_a_target_put_in_after_setup():
    first, second = Two(), Two()
    opt = optimizers.SGD(lr=1.0).setup(first)
    for param in second.params():
        param.update_rule = opt.create_update_rule()
    opt.target = second
    set_grads(second, [1, 1], [1])
    opt.update()
    assert first.w.array.tolist() == [1, 2]
    assert second.w.array.tolist() == [0, 1]
