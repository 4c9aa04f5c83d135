"""Everything that Chainer's reference says of Optimizer and GradientMethod, member by member."""

from __future__ import annotations

import copy
import pickle
import warnings
from typing import Any

import numpy as np
import pytest

import catenary
from catenary import Chain, Link, Parameter, optimizer_hooks
from catenary.errors import (
    CatenaryError,
    HookError,
    HyperparameterError,
    LossError,
    LossScaleError,
    NotSetUpError,
    TargetError,
    WrongWordError,
)
from catenary.optimizer import GradientMethod, Hyperparameter, Optimizer, UpdateRule
from catenary.optimizers import SGD, Adam, MomentumSGD
from catenary.optimizers.momentum_sgd import MomentumSGDRule


class Model(Link):
    def __init__(self) -> None:
        super().__init__()
        with self.init_scope():
            self.w = Parameter(np.array([1.0, -2.0], np.float32))
            self.b = Parameter(np.array([0.5], np.float32))

    def loss(self, factor: float = 1.0) -> Any:
        return catenary.functions.sum(self.w * self.w) * factor + catenary.functions.sum(self.b)


def with_grads(model: Model) -> Model:
    model.w.grad = np.array([1.0, 2.0], np.float32)
    model.b.grad = np.array([3.0], np.float32)
    return model


class Recorder:
    """A plain hook that notes when it ran and what it saw."""

    def __init__(self, log: list[Any], name: str, timing: str = "pre") -> None:
        self.log, self.name, self.timing = log, name, timing

    def __call__(self, opt: Any) -> None:
        self.log.append((self.name, opt.target.w.array.copy()))


# ---------------------------------------------------------------- Optimizer


def test_class_attributes() -> None:
    assert Optimizer.t == 0
    assert Optimizer.epoch == 0
    assert Optimizer.target is None
    assert Optimizer.use_auto_new_epoch is False


def test_identity_equality_hash_and_order() -> None:
    first, second = SGD(), SGD()
    assert first == first
    assert first != second
    assert {first: 1}[first] == 1
    with pytest.raises(TypeError):
        first < second  # type: ignore[operator]


def test_setup_returns_the_optimizer_and_sets_the_target() -> None:
    model = Model()
    opt = SGD()
    assert opt.setup(model) is opt
    assert opt.target is model


def test_setup_begins_anew() -> None:
    model = with_grads(Model())
    opt = MomentumSGD().setup(model)
    opt.add_hook(optimizer_hooks.WeightDecay(0.1))
    opt.update()
    opt.new_epoch()
    rule = model.w.update_rule
    opt.setup(model)
    assert (opt.t, opt.epoch) == (0, 0)
    assert model.w.update_rule is not rule
    assert model.w.update_rule.state is None
    opt.add_hook(optimizer_hooks.WeightDecay(0.1))  # the name is free again


@pytest.mark.parametrize("wrong", [None, 3, [Parameter(np.zeros(1))], Model, {"w": 1}])
def test_setup_refuses_what_is_no_target(wrong: Any) -> None:
    opt = SGD()
    with pytest.raises(TargetError, match=r"setup\(\) got") as caught:
        opt.setup(wrong)
    assert isinstance(caught.value, TypeError)
    assert opt.target is None


def test_update_of_the_base_class_must_be_overridden() -> None:
    with pytest.raises(NotImplementedError, match="GradientMethod"):
        Optimizer().setup(Model()).update()


def test_a_subclass_may_call_lossfun_more_than_once() -> None:
    class Twice(Optimizer):
        def update(self, lossfun: Any = None, *args: Any, **kwds: Any) -> Any:
            return lossfun(*args, **kwds) + lossfun(*args, **kwds)

    assert Twice().setup(Model()).update(lambda x, y: x + y, 1, y=2) == 6


def test_new_epoch() -> None:
    opt = SGD().setup(Model())
    opt.new_epoch()
    assert opt.epoch == 1
    with pytest.raises(RuntimeError, match="use_auto_new_epoch = True"):
        opt.new_epoch(auto=True)
    opt.use_auto_new_epoch = True
    opt.new_epoch(auto=True)
    with pytest.raises(RuntimeError, match="twice"):
        opt.new_epoch()
    assert opt.epoch == 2


def test_hooks_run_by_timing_in_order_of_registration() -> None:
    log: list[Any] = []
    opt = SGD(lr=1.0).setup(with_grads(Model()))
    opt.add_hook(Recorder(log, "a"))
    opt.add_hook(Recorder(log, "b", timing="post"))
    opt.add_hook(Recorder(log, "c"), timing="post")
    opt.add_hook(Recorder(log, "d", timing="post"), timing="pre")
    opt.add_hook(lambda opt: log.append(("e", opt.target.w.array.copy())), name="e")
    opt.update()
    assert [name for name, _ in log] == ["a", "d", "e", "b", "c"]
    before, after = np.array([1.0, -2.0]), np.array([0.0, -4.0])
    for name, seen in log:
        np.testing.assert_array_equal(seen, after if name in "bc" else before)


def test_a_hook_without_timing_is_pre() -> None:
    def halve(opt: Any) -> None:
        for param in opt.target.params():
            param.grad *= 0.5

    model = with_grads(Model())
    opt = SGD(lr=1.0).setup(model)
    opt.add_hook(halve)
    opt.update()
    np.testing.assert_array_equal(model.w.array, [0.5, -3.0])


def test_what_is_written_into_a_hook_counts_from_the_next_step() -> None:
    net = Link()
    with net.init_scope():
        net.w = Parameter(np.ones(1, np.float32))
    decay = optimizer_hooks.WeightDecay(0.5)
    opt = SGD(lr=1.0).setup(net)
    opt.add_hook(decay)
    seen = []
    for rate in (0.5, 0.5, 0.25):
        decay.rate = rate
        net.w.grad = np.zeros(1, np.float32)
        opt.update()
        seen.append(float(net.w.array[0]))
    assert seen == [0.5, 0.25, 0.1875]


def test_hooks_run_once_where_the_last_plain_one_removes_itself() -> None:
    def leave(opt: Any) -> None:
        opt.remove_hook("leave")

    model = with_grads(Model())
    opt = SGD(lr=1.0).setup(model)
    opt.add_hook(optimizer_hooks.WeightDecay(0.5))
    opt.add_hook(leave)
    opt.update()
    np.testing.assert_array_equal(model.w.array, [1 - (1 + 0.5), -2 - (2 - 1)])
    with_grads(model)
    opt.update()  # and the next step has the hook that is left
    np.testing.assert_array_equal(model.w.array, [-0.5 - (1 - 0.25), -3 - (2 - 1.5)])


def test_hooks_see_a_parameter_as_often_as_the_target_holds_it() -> None:
    model = Chain(a=Link(), b=Link())
    shared = Parameter(np.ones(1, np.float32))
    for child in (model.a, model.b):
        with child.init_scope():
            child.w = shared
    opt = SGD(lr=0.1).setup(model)
    opt.add_hook(optimizer_hooks.WeightDecay(0.5))
    opt.add_hook(optimizer_hooks.GradientClipping(0.2))
    assert "holds a parameter more than once: WeightDecay, GradientClipping" in str(opt.explain())
    shared.grad = np.ones(1, np.float32)
    opt.update()
    decayed = 1 + 0.5 + 0.5
    clipped = decayed * (0.2 / np.sqrt(2 * decayed**2)) ** 2
    np.testing.assert_allclose(shared.array, [1 - 2 * 0.1 * clipped], rtol=1e-6)  # the original's


@pytest.mark.parametrize(
    ("hook", "options", "error", "builtin"),
    [
        (object(), {}, TypeError, TypeError),
        (type("Nameless", (), {"__call__": lambda self, opt: None})(), {}, HookError, ValueError),
        (lambda opt: None, {"name": "x", "timing": "never"}, HookError, ValueError),
        (lambda opt: None, {"name": "taken"}, HookError, KeyError),
    ],
)
def test_add_hook_errors(hook: Any, options: dict[str, Any], error: type, builtin: type) -> None:
    opt = SGD().setup(Model())
    opt.add_hook(lambda opt: None, name="taken")
    with pytest.raises(error) as caught:
        opt.add_hook(hook, **options)
    assert isinstance(caught.value, builtin)


def test_an_unknown_timing_of_a_hook_falls_back_to_pre_with_a_warning() -> None:
    log: list[Any] = []
    opt = SGD(lr=1.0).setup(with_grads(Model()))
    with pytest.warns(UserWarning, match="run as 'pre'"):
        opt.add_hook(Recorder(log, "odd", timing="sometimes"))
    opt.update()
    np.testing.assert_array_equal(log[0][1], [1.0, -2.0])


@pytest.mark.parametrize(
    "call",
    [
        lambda opt: opt.add_hook(lambda opt: None, name="x"),
        lambda opt: opt.remove_hook("x"),
        lambda opt: opt.call_hooks(),
        lambda opt: opt.update(),
    ],
)
def test_calls_before_setup(call: Any) -> None:
    with pytest.raises(NotSetUpError, match="setup") as caught:
        call(SGD())
    assert isinstance(caught.value, RuntimeError)


def test_remove_hook() -> None:
    log: list[Any] = []
    opt = SGD().setup(with_grads(Model()))
    opt.add_hook(Recorder(log, "a"))
    opt.add_hook(Recorder(log, "z", timing="post"))
    opt.remove_hook("a")
    opt.remove_hook("z")
    opt.update()
    assert log == []
    with pytest.raises(HookError, match="no hook called 'a'") as caught:
        opt.remove_hook("a")
    assert isinstance(caught.value, KeyError)


def test_call_hook_once_or_for_each_param() -> None:
    seen: list[Any] = []

    class Each:
        name = "Each"
        call_for_each_param = True

        def __call__(self, rule: Any, param: Any) -> None:
            seen.append((rule, param.name))

    model = with_grads(Model())
    opt = SGD().setup(model)
    opt.call_hook(seen.append)
    opt.call_hook(Each())
    assert seen == [opt, (model.b.update_rule, "b"), (model.w.update_rule, "w")]


def test_call_hooks_refuses_an_unknown_timing() -> None:
    with pytest.raises(HookError):
        SGD().setup(Model()).call_hooks("during")


def test_loss_scaling_static() -> None:
    model = Model()
    opt = SGD(lr=0.5)
    opt.loss_scaling(scale=128)
    opt.setup(model)
    assert opt._loss_scale == 128
    opt.update(model.loss)
    np.testing.assert_array_equal(model.w.array, [0.0, 0.0])
    np.testing.assert_array_equal(model.w.grad, [2.0, -4.0])  # unscaled where it is read
    opt.set_loss_scale(3)
    assert opt._loss_scale == 3


@pytest.mark.parametrize("wrong", [{"scale": 0}, {"scale": -1}, {"interval": 0}])
def test_loss_scaling_refuses_nonsense(wrong: dict[str, float]) -> None:
    opt = SGD()
    with pytest.raises(HyperparameterError) as caught:
        opt.loss_scaling(**wrong)
    assert isinstance(caught.value, ValueError)
    assert opt._loss_scale is None


def test_loss_scaling_dynamic_grows_to_the_cap_and_halves_on_overflow() -> None:
    model = with_grads(Model())
    opt = SGD(lr=0.0).setup(model)
    opt.loss_scaling(interval=2)
    opt._loss_scale_max = 20
    scales = []
    for step in range(9):
        model.w.grad = np.array([np.inf if step == 3 else 1.0, 1.0], np.float32)
        if step == 3:
            with pytest.warns(UserWarning, match="/w is not finite"):
                opt.update()
        else:
            opt.update()
        scales.append(opt._loss_scale)
    assert scales == [2, 4, 8, 4, 4, 8, 8, 16, 16]
    assert opt.t == 9
    assert model.w.update_rule.t == 8


def test_non_finite_for_ever_is_an_error_that_names_the_parameter() -> None:
    model = with_grads(Model())
    opt = SGD().setup(model)
    opt.loss_scaling()
    model.b.grad = np.array([np.nan], np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(LossScaleError, match="first bad parameter: /b"):
            for _ in range(100):
                opt.update()
    assert opt.t < 100
    np.testing.assert_array_equal(model.w.array, [1.0, -2.0])


def test_check_nan_in_grads_and_is_safe_to_update() -> None:
    model = with_grads(Model())
    opt = SGD().setup(model)
    model.w.grad[0] = np.nan
    opt.check_nan_in_grads()
    assert opt.is_safe_to_update()  # only a dynamic scale looks
    opt.loss_scaling()
    with pytest.warns(UserWarning, match="/w"):
        opt.check_nan_in_grads()
    assert not opt.is_safe_to_update()
    scale = opt._loss_scale
    opt._loss_scale = 8.0
    opt.update_loss_scale()
    assert (scale, opt._loss_scale) == (1.0, 4.0)


# ---------------------------------------------------------------- GradientMethod


def test_update_with_lossfun() -> None:
    model = with_grads(Model())
    opt = SGD(lr=0.25).setup(model)
    loss = opt.update(model.loss, factor=2.0)
    np.testing.assert_array_equal(model.w.array, [0.0, 0.0])
    np.testing.assert_array_equal(model.w.grad, [4.0, -8.0])  # cleared before, not accumulated
    assert float(loss.array) == 10.5


def test_update_without_lossfun_uses_the_gradients_that_are_there() -> None:
    model = with_grads(Model())
    assert SGD(lr=1.0).setup(model).update() is None
    np.testing.assert_array_equal(model.w.array, [0.0, -4.0])


@pytest.mark.parametrize(
    "lossfun",
    [lambda: None, lambda: 1.0, lambda: np.float32(1), lambda: catenary.Variable(np.ones(2, "f"))],
)
def test_a_loss_that_is_no_scalar_variable(lossfun: Any) -> None:
    model = with_grads(Model())
    opt = SGD().setup(model)
    with pytest.raises(LossError, match="loss function returned"):
        opt.update(lossfun)
    np.testing.assert_array_equal(model.w.array, [1.0, -2.0])
    np.testing.assert_array_equal(model.w.grad, [1.0, 2.0])
    assert opt.t == 0


def test_create_update_rule() -> None:
    opt = MomentumSGD(lr=0.3)
    rule = opt.create_update_rule()
    assert isinstance(rule, MomentumSGDRule)
    assert rule.hyperparam.parent is opt.hyperparam
    with pytest.raises(NotImplementedError, match="create_update_rule"):
        GradientMethod().create_update_rule()


def test_missing_gradients_become_zeros_and_the_rule_runs() -> None:
    model = Model()
    opt = MomentumSGD().setup(model)
    model.cleargrads()
    opt.update()
    np.testing.assert_array_equal(model.w.grad, [0.0, 0.0])
    assert model.w.update_rule.t == 1


def test_reallocate_cleared_grads_runs_before_and_after_every_hook() -> None:
    calls: list[str] = []

    class Counting(SGD):
        def reallocate_cleared_grads(self) -> None:
            calls.append("reallocate")
            super().reallocate_cleared_grads()

    opt = Counting().setup(with_grads(Model()))
    opt.add_hook(lambda opt: (calls.append("a"), opt.target.cleargrads()), name="a")
    opt.add_hook(lambda opt: calls.append("b"), name="b")
    opt.add_hook(lambda opt: calls.append("post"), name="post", timing="post")
    opt.update()
    assert calls == [
        "reallocate", "a", "reallocate", "b", "reallocate", "reallocate", "post", "reallocate",
    ]  # fmt: skip


def test_a_blank_reallocate_cleared_grads_leaves_parameters_without_gradient_alone() -> None:
    class Blank(MomentumSGD):
        def reallocate_cleared_grads(self) -> None:
            pass

    model = with_grads(Model())
    opt = Blank(lr=1.0).setup(model)
    model.b.cleargrad()
    opt.update()
    assert model.b.grad is None
    np.testing.assert_array_equal(model.b.array, [0.5])
    np.testing.assert_array_equal(model.w.array, [0.0, -4.0])


def test_use_cleargrads_is_deprecated_and_still_works() -> None:
    seen: list[Any] = []
    model = with_grads(Model())
    opt = SGD(lr=0.0).setup(model)
    with pytest.warns(DeprecationWarning, match="use_cleargrads"):
        opt.use_cleargrads(use=False)

    def only_w() -> Any:
        return catenary.functions.sum(model.w)

    opt.add_hook(lambda opt: seen.append(model.b.grad.copy()), name="look")
    opt.update(only_w)
    np.testing.assert_array_equal(seen[0], [0.0])
    np.testing.assert_array_equal(model.w.grad, [1.0, 1.0])


@pytest.mark.parametrize("when", ["before", "after"])
def test_use_fp32_update(when: str) -> None:
    model = Link()
    with model.init_scope():
        model.w = Parameter(np.array([1.0], np.float16))
    opt = SGD(lr=1.0)
    if when == "before":
        opt.use_fp32_update()
    opt.setup(model)
    if when == "after":
        opt.use_fp32_update()
    for _ in range(4):
        model.w.grad = np.array([2.0**-12], np.float16)
        opt.update()
    # Four steps of 2**-12 below 1: float16 alone would round each of them away.
    assert model.w.array[0] == np.float16(1 - 2.0**-10)
    assert model.w.update_rule._fp32_param.array[0] == np.float32(1 - 2.0**-10)


def test_use_fp32_update_can_be_switched_off() -> None:
    model = Model()
    opt = SGD().setup(model)
    opt.use_fp32_update()
    opt.use_fp32_update(flag=False)
    assert not model.w.update_rule._use_fp32_update
    assert not opt.setup(model).target.w.update_rule._use_fp32_update


def test_the_fp32_master_hears_edits_of_the_parameter() -> None:
    model = Link()
    with model.init_scope():
        model.w = Parameter(np.array([1.0, 1.0], np.float16))
    opt = SGD(lr=1.0).setup(model)
    opt.use_fp32_update()
    for edit in (None, 5.0):
        if edit is not None:
            model.w.array[1] = edit
        model.w.grad = np.array([2.0**-12, 0.0], np.float16)
        opt.update()
    assert model.w.array[1] == 5.0
    assert model.w.update_rule._fp32_param.array[0] == np.float32(1 - 2.0**-11)


def test_hyperparameter_aliases() -> None:
    opt = MomentumSGD(lr=0.1, momentum=0.5)
    assert (opt.lr, opt.momentum) == (0.1, 0.5)
    opt.lr = 0.2
    assert opt.hyperparam.lr == 0.2
    opt.hyperparam.momentum = 0.7
    assert opt.momentum == 0.7
    assert "self.hyperparam.lr" in MomentumSGD.lr.__doc__
    assert "self.hyperparam.momentum" in MomentumSGD.momentum.__doc__


def test_a_rule_inherits_and_overrides_hyperparameters() -> None:
    model = with_grads(Model())
    opt = SGD(lr=1.0).setup(model)
    model.b.update_rule.hyperparam.lr = 0.1
    opt.lr = 0.5
    opt.update()
    np.testing.assert_array_equal(model.w.array, [0.5, -3.0])
    np.testing.assert_array_equal(model.b.array, np.float32([0.5]) - np.float32(0.1) * 3)


def test_ranges_are_checked_before_anything_is_written() -> None:
    model = with_grads(Model())
    opt = MomentumSGD().setup(model)
    opt.update()
    before = copy.deepcopy(model)
    opt.momentum = 1.5
    message = r"momentum=1.5; momentum must lie in \[0, 1\]. The default is 0.9"
    with pytest.raises(HyperparameterError, match=message):
        opt.update()
    np.testing.assert_array_equal(model.w.array, before.w.array)
    assert opt.t == 1
    opt.momentum = 0.5
    opt.update()


@pytest.mark.parametrize("wrong", [float("nan"), "0.1", None, [0.1, 0.2], 1j])
def test_what_is_no_number_is_refused_at_once(wrong: Any) -> None:
    opt = SGD(lr=0.1)
    with pytest.raises(HyperparameterError, match="SGD got lr="):
        opt.lr = wrong
    assert opt.lr == 0.1


def test_numbers_of_every_kind_become_floats() -> None:
    for given in (1, np.float32(1), np.array(1.0), catenary.Variable(np.array(1.0)).tensor):
        opt = SGD(lr=given)
        assert type(opt.lr) is float
        assert opt.lr == 1.0


def test_words_of_torch_are_told_apart() -> None:
    with pytest.raises(WrongWordError, match=r"(?s)Adam got lr=0.1.*`alpha`"):
        Adam(lr=0.1)
    with pytest.raises(WrongWordError, match="weight_decay_rate"):
        Adam(weight_decay=0.1)
    with pytest.raises(WrongWordError, match="Did you mean 'momentum'"):
        MomentumSGD(momentun=0.1)


def test_a_plan_hears_of_every_change() -> None:
    """What is written between two steps acts in the second."""
    model = with_grads(Model())
    opt = SGD(lr=1.0).setup(model)
    opt.update()
    model.w.update_rule = MomentumSGDRule(lr=0.5, momentum=0.0)
    model.b.update_rule.enabled = False
    model.w.array = np.array([10.0, 20.0], np.float32)
    model.w.grad = np.array([2.0, 2.0], np.float32)
    opt.update()
    np.testing.assert_array_equal(model.w.array, [9.0, 19.0])
    np.testing.assert_array_equal(model.b.array, [-2.5])
    model.w.update_rule.add_hook(lambda rule, param: param.grad.fill(0), name="zero")
    opt.update()
    np.testing.assert_array_equal(model.w.array, [9.0, 19.0])
    with model.init_scope():
        model.c = Parameter(np.array([1.0], np.float32))
    model.c.update_rule = opt.create_update_rule()
    model.c.grad = np.array([1.0], np.float32)
    opt.update()
    np.testing.assert_array_equal(model.c.array, [0.0])


def test_pickle_and_deepcopy_of_a_used_optimizer() -> None:
    model = with_grads(Model())
    opt = Adam().setup(model)
    opt.add_hook(optimizer_hooks.WeightDecay(0.1))
    opt.update()
    for twin in (pickle.loads(pickle.dumps(opt)), copy.deepcopy(opt)):
        assert twin.target is not model
        twin.target.w.grad = np.array([1.0, 1.0], np.float32)
        twin.target.b.grad = np.array([1.0], np.float32)
        twin.update()
        assert twin.t == 2
    assert opt.t == 1


# ---------------------------------------------------------------- UpdateRule, Hyperparameter


def test_update_rule_alone() -> None:
    param = Parameter(np.array([1.0], np.float32))
    param.grad = np.array([2.0], np.float32)
    rule = MomentumSGDRule(lr=0.5, momentum=0.0)
    assert (rule.t, rule.enabled, rule.state) == (0, True, None)
    rule.update(param)
    np.testing.assert_array_equal(param.array, [0.0])
    assert rule.t == 1
    np.testing.assert_array_equal(rule.state["v"], [-1.0])
    rule.enabled = False
    rule.update(param)
    assert rule.t == 1


def test_update_rule_hooks_refuse_an_unknown_timing() -> None:
    rule = UpdateRule()
    hook = Recorder([], "odd", timing="sometimes")
    with pytest.raises(HookError, match="neither 'pre' nor 'post'"):
        rule.add_hook(hook)
    rule.add_hook(hook, timing="post")
    with pytest.raises(HookError, match="already has a hook"):
        rule.add_hook(hook, timing="pre")
    rule.remove_hook("odd")


def test_update_core_must_be_overridden() -> None:
    param = Parameter(np.zeros(1, np.float32))
    param.cleargrad()
    with pytest.raises(NotImplementedError, match="update_core"):
        UpdateRule().update(param)


def test_hyperparameter_chain() -> None:
    parent = Hyperparameter()
    parent.x, parent.y = 1, 2
    child = Hyperparameter(parent)
    child.y = 3
    assert (child.x, child.y, child.parent) == (1, 3, parent)
    assert child.get_dict() == {"x": 1, "y": 3}
    assert repr(child) == "Hyperparameter(x=1, y=3)"
    with pytest.raises(AttributeError, match="no hyperparameter 'z' here; there are: x, y"):
        child.z
    twin = copy.deepcopy(child)
    parent.x = 9
    assert (child.x, twin.x) == (9, 1)
    assert pickle.loads(pickle.dumps(child)).get_dict() == {"x": 9, "y": 3}
    del child.y
    assert child.y == 2
    with pytest.raises(AttributeError, match="does not hold"):
        del child.y


def test_errors_are_one_tree() -> None:
    assert issubclass(HookError, CatenaryError)
    assert issubclass(HyperparameterError, ValueError)


def test_deprecated_places_of_hooks() -> None:
    with pytest.warns(DeprecationWarning, match="optimizer_hooks.WeightDecay"):
        assert catenary.optimizer.WeightDecay is optimizer_hooks.WeightDecay
    with pytest.raises(AttributeError):
        catenary.optimizer.Nothing
