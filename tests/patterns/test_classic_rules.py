"""Rules and optimizers as people wrote them for Chainer, in NumPy."""

from __future__ import annotations

import math

import numpy as np
import pytest

import catenary as chainer
from catenary import optimizer, optimizers
from catenary.optimizers.adam import AdamRule
from tests.patterns.models import Two, set_grads

# ---- the classic way ----------------------------------------------------------------------------

_default_hyperparam = optimizer.Hyperparameter()
_default_hyperparam.lr = 0.5
_default_hyperparam.decay = 0.75


class NumpyRMSRule(optimizer.UpdateRule):
    def __init__(self, parent_hyperparam=None, lr=None, decay=None):
        super().__init__(parent_hyperparam or _default_hyperparam)
        if lr is not None:
            self.hyperparam.lr = lr
        if decay is not None:
            self.hyperparam.decay = decay

    def init_state(self, param):
        xp = chainer.backend.get_array_module(param.data)
        self.state["ms"] = xp.zeros_like(param.data)

    def update_core_cpu(self, param):
        grad = param.grad
        if grad is None:
            return
        hp = self.hyperparam
        ms = self.state["ms"]
        ms *= hp.decay
        ms += (1 - hp.decay) * grad * grad
        param.data -= hp.lr * grad / (np.sqrt(ms) + 1)


class NumpyRMS(optimizer.GradientMethod):
    def __init__(self, lr=_default_hyperparam.lr, decay=_default_hyperparam.decay):
        super().__init__()
        self.hyperparam.lr = lr
        self.hyperparam.decay = decay

    lr = optimizer.HyperparameterProxy("lr")
    decay = optimizer.HyperparameterProxy("decay")

    def create_update_rule(self):
        return NumpyRMSRule(self.hyperparam)


def numpy_rms(p, grads, lr, decay):
    ms = np.zeros_like(p)
    for g in grads:
        ms = (ms * np.float32(decay)) + np.float32(1 - decay) * g * g
        p = p - np.float32(lr) * g / (np.sqrt(ms) + np.float32(1))
    return p, ms


@pytest.mark.parametrize("hook", [False, True])
def test_classic_rule(hook):
    link = Two()
    opt = NumpyRMS(lr=0.25).setup(link)
    if hook:
        opt.add_hook(chainer.optimizer_hooks.WeightDecay(0.0))
    assert (opt.lr, opt.decay) == (0.25, 0.75)
    array, grads = link.w.array, [np.array([1, 2], "f"), np.array([-3, 4], "f")]
    for g in grads:
        set_grads(link, g, [0])
        opt.update()
    wanted, ms = numpy_rms(np.array([1, 2], "f"), grads, 0.25, 0.75)
    np.testing.assert_allclose(link.w.array, wanted, rtol=1e-6)
    np.testing.assert_allclose(link.w.update_rule.state["ms"], ms, rtol=1e-6)
    assert link.w.array is array
    assert link.b.array.tolist() == [3]
    assert (opt.t, link.w.update_rule.t) == (2, 2)


def test_classic_rule_on_its_own():
    link = Two()
    link.w.update_rule = NumpyRMSRule(decay=0.0)
    assert link.w.update_rule.hyperparam.lr == 0.5
    link.w.grad = np.array([1, 3], "f")
    link.w.update()
    np.testing.assert_allclose(link.w.array, [1 - 0.5 / 2, 2 - 1.5 / 4])


def test_classic_rule_hears_its_optimizer():
    link = Two()
    opt = NumpyRMS(lr=1.0, decay=0.0).setup(link)
    link.b.update_rule.hyperparam.lr = 8.0
    opt.lr = 2.0
    set_grads(link, [1, 1], [1])
    opt.update()
    assert link.w.array.tolist() == [0.0, 1.0]
    assert link.b.array.tolist() == [-1.0]


def test_classic_rule_and_formula_side_by_side():
    link = Two()
    opt = optimizers.SGD(lr=1.0).setup(link)
    link.b.update_rule = NumpyRMSRule(lr=1.0, decay=0.0)
    opt.add_hook(chainer.optimizer_hooks.WeightDecay(1.0))
    set_grads(link, [1, 1], [1])
    opt.update()
    assert link.w.array.tolist() == [1 - (1 + 1), 2 - (1 + 2)]
    np.testing.assert_allclose(link.b.array, [3 - 4 / (4 + 1)], rtol=1e-6)


# ---- update_core overridden, with a state of many kinds -----------------------------------------


class QuasiNewtonRule(optimizer.UpdateRule):
    """Keeps past differences in lists, floats beside them, and adds keys at the second step."""

    def init_state(self, param):
        self.state["history"] = []
        self.state["last"] = 0.0

    def update_core(self, param):
        state, g = self.state, param.grad
        if self.t > 1:
            state.setdefault("y", [])
            state["y"] = state["y"] + [g - state["old_grad"]]
            state["history"].append(float((g * g).sum()))
        state["old_grad"] = g.copy()
        state["last"] = float(g[0])
        step = sum((np.abs(y) for y in state.get("y", [])), np.ones_like(g))
        param.array -= g / step


def test_state_of_lists_and_floats_that_grows():
    link = Two()
    opt = optimizers.SGD().setup(link)
    for param in link.params():
        param.update_rule = QuasiNewtonRule()
    w, ys, old = np.array([1, 2], "f"), [], None
    for g in np.array([[1, 2], [3, -2], [0.5, 0.5]], "f"):
        set_grads(link, g, [0])
        opt.update()
        if old is not None:
            ys.append(np.abs(g - old))
        w = w - g / sum(ys, np.ones(2, "f"))
        old = g
    np.testing.assert_allclose(link.w.array, w, rtol=1e-6)
    state = link.w.update_rule.state
    assert state["last"] == 0.5
    assert state["history"] == [13.0, 0.5]
    assert len(state["y"]) == 2


# ---- AdamRule by position -----------------------------------------------------------------------


class WarmAdamRule(AdamRule):
    """Adam with a schedule inside of its rate, after OpenAI's."""

    def __init__(self, parent_hyperparam=None, alpha=None, beta1=None, beta2=None, eps=None,
                 eta=None, weight_decay_rate=None, amsgrad=None, warmup=4.0):  # fmt: skip
        super().__init__(
            parent_hyperparam, alpha, beta1, beta2, eps, eta, weight_decay_rate, amsgrad
        )
        self.hyperparam.warmup = warmup

    @property
    def alpha_t(self):
        hp = self.hyperparam
        fix = math.sqrt(1 - hp.beta2**self.t) / (1 - hp.beta1**self.t)
        return hp.alpha * fix * min(1.0, self.t / hp.warmup)


class WarmAdam(optimizers.Adam):
    def create_update_rule(self):
        return WarmAdamRule(self.hyperparam, None, None, None, None, None, None, None, 4.0)


class OldAdamRule(AdamRule):
    """As before version 5: the rate is called `lr`, and update_core_cpu reads it."""

    @property
    def lr(self):
        hp = self.hyperparam
        return hp.alpha * math.sqrt(1 - hp.beta2**self.t) / (1 - hp.beta1**self.t) * 0.5

    def update_core_cpu(self, param):
        g, hp = param.grad, self.hyperparam
        m, v = self.state["m"], self.state["v"]
        m += (1 - hp.beta1) * (g - m)
        v += (1 - hp.beta2) * (g * g - v)
        param.data -= self.lr * m / (np.sqrt(v) + hp.eps)


class OldAdam(optimizers.Adam):
    def create_update_rule(self):
        return OldAdamRule(self.hyperparam)


def adam(p, grads, factor):
    m, v = np.zeros_like(p), np.zeros_like(p)
    for t, g in enumerate(grads, 1):
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        rate = 0.01 * math.sqrt(1 - 0.999**t) / (1 - 0.9**t) * factor(t)
        p = p - rate * m / (np.sqrt(v) + 1e-8)
    return p


@pytest.mark.parametrize(
    ("kind", "factor"),
    [
        (WarmAdam, lambda t: min(1, t / 4)),
        (OldAdam, lambda t: 0.5),
    ],
)  # fmt: skip
def test_adam_with_a_rate_of_its_own(kind, factor):
    link = Two("d")
    opt = kind(alpha=0.01).setup(link)
    grads = [np.array(g, "d") for g in ([1, 2], [-1, 0.5], [3, 3], [0.1, -2], [1, 1])]
    for g in grads:
        set_grads(link, g, [0])
        opt.update()
    np.testing.assert_allclose(link.w.array, adam(np.array([1.0, 2.0]), grads, factor), rtol=1e-12)


def test_adam_rule_takes_its_arguments_by_position():
    rule = AdamRule(None, 0.1, 0.8, 0.9, 1e-4, 0.5, 0.01, True)
    assert rule.hyperparam.get_dict() == {
        "alpha": 0.1, "beta1": 0.8, "beta2": 0.9, "eps": 1e-4, "eta": 0.5,
        "weight_decay_rate": 0.01, "amsgrad": True, "adabound": False, "final_lr": 0.1,
        "gamma": 0.001,
    }  # fmt: skip
    warm = WarmAdamRule(None, 0.1, 0.8, 0.9, 1e-4, 0.5, 0.01, False, 7.0)
    assert warm.hyperparam.warmup == 7.0


# ---- update() written anew ----------------------------------------------------------------------


class Curvature(optimizers.SGD):
    """update() as in K-FAC: clears, differentiates, calls hooks, updates one by one."""

    def update(self, lossfun=None, *args, **kwds):
        if lossfun is not None:
            use_cleargrads = getattr(self, "_use_cleargrads", True)
            loss = lossfun(*args, **kwds)
            if use_cleargrads:
                self.target.cleargrads()
            else:
                self.target.zerograds()
            loss.backward(loss_scale=self._loss_scale)
            del loss
        self.reallocate_cleared_grads()
        self.call_hooks("pre")
        self.t += 1
        for param in self.target.params():
            param.update()
        self.reallocate_cleared_grads()
        self.call_hooks("post")


@pytest.mark.parametrize("scale", [None, 8.0])
def test_update_written_anew(scale):
    link, calls = Two(), []
    opt = Curvature(lr=0.5).setup(link)
    if scale is not None:
        opt.loss_scaling(scale=scale)
    opt.add_hook(chainer.optimizer_hooks.WeightDecay(0.25))
    opt.add_hook(lambda o: calls.append(o.t), name="after", timing="post")

    def lossfun(x):
        return chainer.functions.sum(link.w * x)

    for _ in range(2):
        opt.update(lossfun, np.array([1, -1], "f"))
    w, b = np.array([1.0, 2.0]), np.array([3.0])
    for _ in range(2):
        w, b = w - 0.5 * ([1, -1] + 0.25 * w), b - 0.5 * 0.25 * b
    np.testing.assert_allclose(link.w.array, w, rtol=1e-6)
    np.testing.assert_allclose(link.b.array, b, rtol=1e-6)
    assert calls == [1, 2]
    assert opt.t == link.w.update_rule.t == 2


class PlainRule(optimizers.SGD.rule):
    """UpdateRule.update written anew, with its own care of float32 masters and loss scales."""

    def update(self, param):
        if not self.enabled:
            return
        self.t += 1
        grad, scale = param.grad, param._loss_scale
        if self._use_fp32_update and param.dtype == np.float16:
            if self._fp32_param is None:
                self._fp32_param = chainer.Parameter(
                    param.array.astype(np.float32), name=param.name
                )
            self._fp32_param.grad = grad.astype(np.float32)
            if scale is not None:
                self._fp32_param.grad /= scale
            self._fp32_param.array -= self.hyperparam.lr * self._fp32_param.grad
            param.data = self._fp32_param.data.astype(param.dtype)
            self._fp32_param.grad = None
        else:
            param.array -= self.hyperparam.lr * (grad if scale is None else grad / scale)


@pytest.mark.parametrize(("dtype", "scale"), [("e", None), ("e", 4.0), ("f", None), ("f", 4.0)])
def test_a_rules_update_written_anew(dtype, scale):
    link = Two(dtype)
    opt = optimizers.SGD(lr=0.5)
    opt.create_update_rule = lambda: PlainRule(opt.hyperparam)
    opt.setup(link)
    opt.use_fp32_update()
    if scale is not None:
        opt.loss_scaling(scale=scale)
    for _ in range(3):
        set_grads(link, [2**-9, 1], [1], scale=scale)
        opt.update()
    rule = link.w.update_rule
    assert rule.t == 3
    if dtype == "e":
        assert rule._fp32_param.array.tolist() == [1 - 3 * 2**-10, 0.5]
        assert rule._fp32_param.dtype == np.float32
    assert link.w.array.tolist() == np.array([1 - 3 * 2**-10, 0.5], dtype).tolist()
    assert link.w.dtype == np.dtype(dtype)
