"""Bad input: a clear error of ours, and everything as it was before the call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from catenary import Link, Parameter, Variable
from catenary.errors import GradientError, LossError, StateError, UninitializedError
from catenary.optimizer import FormulaRule, UpdateRule
from catenary.optimizer_hooks import WeightDecay
from catenary.optimizers import Adam, MomentumSGD


class Model(Link):
    def __init__(self, dtype: Any = np.float32) -> None:
        super().__init__()
        with self.init_scope():
            self.a = Parameter(np.array([1.0, 2.0], dtype))
            self.z = Parameter(np.array([3.0], dtype))
        self.give_grads()

    def give_grads(self) -> None:
        self.a.grad = np.ones_like(self.a.array)
        self.z.grad = np.ones_like(self.z.array)


def fingerprint(model: Any, opt: Any) -> list[Any]:
    found: list[Any] = [opt.t, opt.epoch]
    for path, param in model.namedparams():
        rule = param.update_rule
        state = None if rule.state is None else {k: v.copy() for k, v in rule.state.items()}
        found.append((path, param.array.tolist(), param.grad.tolist(), rule.t, str(state)))
    return found


@pytest.mark.parametrize(
    ("grad", "error"),
    [
        (np.ones(3, np.float32), ValueError),
        (np.ones((1, 2), np.float32), ValueError),
        (np.ones(2, np.float64), TypeError),
        ([1.0, 1.0], TypeError),
        (1.0, TypeError),
    ],
)
def test_a_gradient_that_does_not_fit(grad: Any, error: type) -> None:
    model = Model()
    with pytest.raises(error):
        model.a.grad = grad
    np.testing.assert_array_equal(model.a.grad, [1.0, 1.0])


@pytest.mark.parametrize("with_plain_hook", [False, True])
def test_a_state_that_does_not_fit(with_plain_hook: bool) -> None:
    model = Model()
    opt = MomentumSGD().setup(model)
    opt.update()
    if with_plain_hook:
        opt.add_hook(lambda opt: opt.target.a.grad.fill(9), name="nine")
    good = model.z.update_rule.state["v"]
    model.z.update_rule.state["v"] = np.zeros(7, np.float32)
    before = fingerprint(model, opt)
    with pytest.raises(StateError, match=r"parameter /z: the state 'v' .* has shape \(7,\)"):
        opt.update()
    assert fingerprint(model, opt) == before
    del model.z.update_rule.state["v"]
    with pytest.raises(StateError, match="parameter /z: the state of MomentumSGDRule has no 'v'"):
        opt.update()
    model.z.update_rule.state["v"] = good
    opt.update()
    assert opt.t == 2


def test_a_parameter_of_integers() -> None:
    model = Model()
    with model.init_scope():
        model.n = Parameter(np.array([1, 2]))
    opt = MomentumSGD().setup(model)
    with pytest.raises(GradientError, match=r"parameter /n has dtype torch.int64"):
        opt.update()
    np.testing.assert_array_equal(model.a.array, [1.0, 2.0])
    assert opt.t == 0
    assert model.a.update_rule.state is None


def test_a_parameter_without_shape_is_left_alone() -> None:
    model = Model()
    with model.init_scope():
        model.lazy = Parameter()
    opt = MomentumSGD(lr=1.0).setup(model)
    opt.loss_scaling()
    opt.update()
    np.testing.assert_array_equal(model.a.array, [0.0, 1.0])
    assert model.lazy.update_rule.t == 0
    with pytest.raises(UninitializedError):
        model.lazy.tensor
    model.lazy.initialize((2,))
    model.lazy.array[...] = 0
    model.lazy.grad = np.ones(2, np.float32)
    opt.update()
    np.testing.assert_array_equal(model.lazy.array, [-1.0, -1.0])


def test_a_plain_hook_that_raises_says_where() -> None:
    def broken(opt: Any) -> None:
        raise KeyError("mine")

    model = Model()
    opt = Adam().setup(model)
    opt.add_hook(broken)
    before = fingerprint(model, opt)
    with pytest.raises(KeyError) as caught:
        opt.update()
    assert any("broken" in note for note in caught.value.__notes__)
    assert fingerprint(model, opt) == before


def test_a_classic_rule_that_raises_says_where_and_what_was_done() -> None:
    class Broken(UpdateRule):
        def update_core_cpu(self, param: Any) -> None:
            raise ZeroDivisionError

    model = Model()
    opt = MomentumSGD(lr=1.0).setup(model)
    model.z.update_rule = Broken()
    with pytest.raises(ZeroDivisionError) as caught:
        opt.update()
    (note,) = caught.value.__notes__
    assert "Broken updated /z" in note
    assert "already updated in this step: /a" in note


def test_a_formula_whose_property_is_no_number() -> None:
    class Odd(FormulaRule):
        @property
        def rate(self) -> str:
            return "fast"

        @staticmethod
        def step(p: Any, g: Any, h: Any) -> Any:
            return p - h.rate * g

    model = Model()
    opt = Adam().setup(model)
    model.z.update_rule = Odd()
    before = fingerprint(model, opt)
    with pytest.raises(ValueError, match=r"parameter /z: h.rate of Odd is 'fast'"):
        opt.update()
    assert fingerprint(model, opt) == before


def test_a_loss_in_place_of_a_function_is_told_what_to_write() -> None:
    model = Model()
    opt = Adam().setup(model)
    before = fingerprint(model, opt)
    with pytest.raises(LossError, match=r"given a Variable. Write update\(model, x, t\)"):
        opt.update(Variable(np.zeros((), np.float32)))
    assert fingerprint(model, opt) == before


def test_a_hooks_class_is_no_hook() -> None:
    opt = Adam().setup(Model())
    with pytest.raises(TypeError, match=r"class WeightDecay.*add_hook\(WeightDecay\(\.\.\.\)\)"):
        opt.add_hook(WeightDecay)
    opt.add_hook(WeightDecay(0.1))


@pytest.mark.parametrize("kept", ["link", "list"])
def test_links_that_nobody_registered_are_warned_about(kept: str) -> None:
    class Forgetful(Link):
        def __init__(self) -> None:
            super().__init__()
            self.part = Model() if kept == "link" else [Model(), Model()]

    with pytest.warns(
        UserWarning, match=r"Forgetful has no parameters.*: part of it is not reg"
    ) as w:
        Adam().setup(Forgetful())
    assert w[0].filename == __file__
    Adam().setup(Link())  # which may get its parameters later


def test_adams_rate_before_a_step_names_the_word_that_schedules_shift() -> None:
    with pytest.raises(RuntimeError, match="follows from `alpha`"):
        _ = Adam().alpha_t
