"""What is particular to single rules of `catenary.optim`."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch

from catenary import optim
from catenary.errors import HyperparameterError, StateError
from catenary.optim import (
    LAMB,
    LARS,
    Adagrad,
    AdamWScheduleFree,
    RMSprop,
    Rprop,
    SGDScheduleFree,
)
from catenary.optimizer import FormulaRule, hyper, slot
from tests.optim.training import give_gradients, parameters, train

FREE = [AdamWScheduleFree, SGDScheduleFree]


def values(params: list[Any]) -> list[Any]:
    return [param.detach().numpy().copy() for param in params]


def same(found: list[Any], wanted: list[Any]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(found, wanted, strict=True))


def test_schedulers_are_torchs() -> None:
    assert set(optim.lr_scheduler.__all__) == set(torch.optim.lr_scheduler.__all__)
    for name in torch.optim.lr_scheduler.__all__:
        assert getattr(optim.lr_scheduler, name) is getattr(torch.optim.lr_scheduler, name)


# ---- Adagrad


def test_adagrad_has_its_state_before_the_first_step() -> None:
    mine, theirs = parameters(torch.float32), parameters(torch.float32)
    found = Adagrad(mine, initial_accumulator_value=0.5).state_dict()["state"]
    wanted = torch.optim.Adagrad(theirs, initial_accumulator_value=0.5).state_dict()["state"]
    assert found.keys() == wanted.keys()
    for place, state in wanted.items():
        assert set(found[place]) == {"step", "sum"}
        assert all(torch.equal(found[place][key], state[key]) for key in state)


def test_a_group_that_adagrad_refuses_is_not_added() -> None:
    first, second = parameters(torch.float32, [(2,), (3,)])
    opt = Adagrad([first])
    with pytest.raises(HyperparameterError, match="lr_decay"):
        opt.add_param_group({"params": [second], "lr_decay": -1.0})
    assert len(opt.param_groups) == 1
    opt.add_param_group({"params": [second], "initial_accumulator_value": 2.0})
    assert opt.state_dict()["state"][1]["sum"].tolist() == [2.0, 2.0, 2.0]


# ---- where torch's formulas meet NaN


@pytest.mark.parametrize("gradient", [0.1, 1.7])
def test_a_centered_rmsprop_survives_a_constant_gradient(gradient: float) -> None:
    """v − a² goes to 0 and rounding takes it below; torch's step is then NaN."""
    ends = []
    for kind in (RMSprop, torch.optim.RMSprop):
        param = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        opt = kind([param], alpha=0.9, centered=True)
        for _ in range(400):
            param.grad = torch.full_like(param, gradient)
            opt.step()
        ends.append(float(param.detach()))
    assert np.isfinite(ends[0])
    assert np.isnan(ends[1])


def test_rprop_shows_a_gradient_that_is_nan() -> None:
    param = torch.nn.Parameter(torch.ones(2))
    opt = Rprop([param])
    param.grad = torch.tensor([float("nan"), 1.0])
    opt.step()
    assert torch.isnan(param.detach()).tolist() == [True, False]


@pytest.mark.parametrize("etas", [(1.0, 1.2), (0.5, 1.0), (0.0, 1.2)])
def test_rprop_checks_both_factors(etas: tuple[float, float]) -> None:
    with pytest.raises(HyperparameterError, match="etas"):
        Rprop(parameters(torch.float32), etas=etas)


@pytest.mark.parametrize("kind", [LAMB, LARS])
def test_a_tensor_of_zeros_moves(kind: Any) -> None:
    """Its norm is 0, and with a rate of ‖p‖ it would stay there for ever."""
    param = torch.nn.Parameter(torch.zeros(3))
    opt = kind([param], lr=0.5)
    param.grad = torch.tensor([1.0, 0.0, -2.0])
    opt.step()
    assert np.sign(param.detach().numpy()).tolist() == [-1.0, 0.0, 1.0]


NO_EPS = {"eps": 0.0, "weight_decay": 0.0}


@pytest.mark.parametrize(("kind", "words"), [(LAMB, {"weight_decay": 0.0}), (LARS, {}),
                                             (LARS, NO_EPS)])  # fmt: skip
def test_a_gradient_of_zeros_moves_nothing(kind: Any, words: dict[str, float]) -> None:
    """Its norm is 0, which divides."""
    param = torch.nn.Parameter(torch.ones(3))
    opt = kind([param], lr=0.5, **words)
    param.grad = torch.zeros(3)
    opt.step()
    assert param.tolist() == [1.0, 1.0, 1.0]


# ---- schedule-free


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("kind", FREE)
def test_evaluation_leaves_the_training_as_it_is(kind: Any, dtype: torch.dtype) -> None:
    plain, looked_at = parameters(dtype), parameters(dtype)
    opt, other = kind(plain, lr=0.05), kind(looked_at, lr=0.05)
    train(opt, plain, range(10))
    for step in range(10):
        with other.evaluation_weights():
            pass
        train(other, looked_at, range(step, step + 1))
        before = [param.detach().clone() for param in looked_at]
        other.eval()
        if step:
            assert not torch.equal(before[0], looked_at[0].detach())
        other.train()
        assert all(torch.equal(a, b.detach()) for a, b in zip(before, looked_at, strict=True))
    assert all(torch.equal(a.detach(), b.detach()) for a, b in zip(plain, looked_at, strict=True))


@pytest.mark.parametrize("kind", FREE)
def test_no_step_from_evaluation_weights(kind: Any) -> None:
    params = parameters(torch.float32)
    opt = kind(params)
    train(opt, params, range(3))
    opt.eval()
    give_gradients(params, 3)
    before, state = values(params), copy.deepcopy(opt.state_dict()["state"])
    with pytest.raises(StateError, match="evaluation_weights"):
        opt.step()
    assert same(values(params), before)
    for place, held in opt.state_dict()["state"].items():
        assert all(torch.equal(held[key], state[place][key]) for key in held)
    opt.train()
    opt.step()


@pytest.mark.parametrize("kind", FREE)
def test_asking_twice_changes_nothing(kind: Any) -> None:
    params = parameters(torch.float32)
    opt = kind(params)
    opt.train()
    train(opt, params, range(3))
    training = values(params)
    opt.eval()
    evaluation = values(params)
    opt.eval()
    with opt.evaluation_weights():
        assert same(values(params), evaluation)
    assert same(values(params), evaluation)
    opt.train()
    opt.train()
    assert same(values(params), training)


@pytest.mark.parametrize("kind", FREE)
def test_an_error_inside_gives_the_training_weights_back(kind: Any) -> None:
    params = parameters(torch.float32)
    opt = kind(params)
    train(opt, params, range(3))
    training = values(params)
    with pytest.raises(ZeroDivisionError), opt.evaluation_weights():
        raise ZeroDivisionError
    assert same(values(params), training)


@pytest.mark.parametrize("kind", FREE)
def test_saved_in_evaluation_and_loaded(kind: Any) -> None:
    """The checkpoint knows that the model holds x; y comes back as far as rounding allows."""
    params = parameters(torch.float64)
    opt = kind(params, lr=0.05)
    train(opt, params, range(8))
    opt.eval()
    again = [torch.nn.Parameter(param.detach().clone()) for param in params]
    resumed = kind(again)
    resumed.load_state_dict(opt.state_dict())
    assert not resumed.param_groups[0]["train_mode"]
    for each in (opt, resumed):
        each.train()
    for mine, theirs in zip(train(resumed, again, range(8, 20)), train(opt, params, range(8, 20)),
                            strict=True):  # fmt: skip
        for a, b in zip(mine, theirs, strict=True):
            torch.testing.assert_close(a, b, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("kind", FREE)
def test_weights_written_during_evaluation_are_heard(kind: Any) -> None:
    """Whoever loads averaged weights trains on from them, not from what was kept aside."""
    param = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    opt = kind([param], lr=0.05)
    train(opt, [param], range(3))
    share = opt._view.of(param).update_rule.interpolation
    opt.eval()
    with torch.no_grad():
        param.copy_(torch.full((3,), 7.0))
    opt.train()
    wanted = share * 7.0 + (1 - share) * opt.state[param]["z"]
    torch.testing.assert_close(param.detach(), wanted)


@pytest.mark.parametrize("kind", FREE)
def test_a_group_added_during_evaluation(kind: Any) -> None:
    first, second = parameters(torch.float32, [(2,), (3,)])
    opt = kind([first])
    train(opt, [first], range(2))
    opt.eval()
    opt.add_param_group({"params": [second]})
    opt.train()
    train(opt, [first, second], range(2, 6))
    assert len(opt.state_dict()["state"]) == 2


class ZRule(FormulaRule):
    """A rule of a user's own, whose z is no iterate to average."""

    lr: float = hyper(default=0.5, ge=0)
    z = slot(0.0)

    @staticmethod
    def step(p: Any, g: Any, z: Any, h: Any) -> Any:
        return p - h.lr * g, z + g


@pytest.mark.parametrize("kind", FREE)
def test_parameters_of_another_rule_stay_as_they_are(kind: Any) -> None:
    model = torch.nn.Linear(2, 3)
    opt = kind(model, lr=0.05)
    opt.select("bias").use(ZRule)
    train(opt, list(model.parameters()), range(3))
    weight, bias = (param.detach().clone() for param in model.parameters())
    with opt.evaluation_weights():
        assert not torch.equal(model.weight.detach(), weight)
        assert torch.equal(model.bias.detach(), bias)


@pytest.mark.parametrize(("kind", "word"), [(FREE[0], {"betas": (0.0, 0.9)}),
                                            (FREE[1], {"momentum": 0.0})])  # fmt: skip
def test_without_a_share_of_the_average(kind: Any, word: dict[str, Any]) -> None:
    with pytest.raises(HyperparameterError, match=next(iter(word))):
        kind(parameters(torch.float32), **word)


def test_a_rate_of_zero_moves_nothing() -> None:
    for kind in FREE:
        params = parameters(torch.float32)
        before = values(params)
        train(kind(params, lr=0.0), params, range(3))
        assert same(values(params), before)
