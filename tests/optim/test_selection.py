"""Choosing parameters and treating them apart, in both languages."""

from __future__ import annotations

import copy
import re
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import catenary.functions as F
import catenary.links as L
from catenary import Sequential, optimizers
from catenary.errors import (
    HookError,
    HyperparameterError,
    SelectionError,
    StateError,
    WrongWordError,
)
from catenary.optim import SGD, AdamW, Lion, Optimizer, lr_scheduler
from catenary.optimizer import FormulaRule, hyper
from catenary.optimizer_hooks import WeightDecay
from tests.optim.test_optimizer import learn, make, same


def words() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Embedding(5, 4), nn.LayerNorm(4), nn.Linear(4, 3), nn.LayerNorm(3))


# ---- what is chosen


@pytest.mark.parametrize(
    ("patterns", "others", "names"),
    [
        (("*.bias",), {}, ["1.bias", "2.bias", "3.bias"]),
        (("*.bias", "1.*"), {}, ["1.weight", "1.bias", "2.bias", "3.bias"]),
        ((), {"ndim": 2}, ["0.weight", "2.weight"]),
        (("*weight",), {"ndim": 1}, ["1.weight", "3.weight"]),
        ((), {"within": nn.LayerNorm}, ["1.weight", "1.bias", "3.weight", "3.bias"]),
        (("*.bias",), {"within": (nn.LayerNorm, nn.Embedding)}, ["1.bias", "3.bias"]),
        (("[12].weight",), {"dtype": torch.float32}, ["1.weight", "2.weight"]),
    ],
)
def test_patterns_are_or_and_conditions_and(patterns: Any, others: Any, names: Any) -> None:
    assert list(AdamW(words()).select(*patterns, **others).names) == names


def test_a_star_crosses_dots() -> None:
    model = nn.Sequential(nn.Sequential(words()))
    assert len(AdamW(model).select("*.bias")) == 3


def test_selections_combine() -> None:
    opt = AdamW(words())
    biases, norms = opt.select("*.bias"), opt.select(within=nn.LayerNorm)
    assert (biases - norms).names == ("2.bias",)
    assert (biases & norms).names == ("1.bias", "3.bias")
    assert len(biases | norms) == 5
    assert "2.bias  (3,)" in repr(biases)
    with pytest.raises(SelectionError, match="matches no parameter"):
        biases - biases


def test_matching_nothing_is_an_error_that_lists_the_names() -> None:
    with pytest.raises(SelectionError, match=r"'\*.gamma', ndim=1.*There are: 0.weight, 1.weight"):
        AdamW(words()).select("*.gamma", ndim=1)
    with pytest.raises(SelectionError, match=r"AdamW\(model"):
        AdamW(words().parameters()).select(within=nn.Linear)


# ---- what is done to it


def test_decay_leaves_out_what_should_not_decay() -> None:
    ours, theirs = make(), make()
    opt = AdamW(ours, lr=0.1, weight_decay=0.5)
    opt.select("*.bias").set(weight_decay=0)
    weights = [theirs[0].weight, theirs[2].weight]
    biases = [theirs[0].bias, theirs[2].bias]
    groups = [{"params": weights}, {"params": biases, "weight_decay": 0}]
    learn(ours, opt)
    learn(theirs, torch.optim.AdamW(groups, lr=0.1, weight_decay=0.5))
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-13)


def test_a_later_call_wins() -> None:
    opt = AdamW(words())
    opt.select("*").set(lr=0.5)
    opt.select("*.bias").set(lr=0.25, weight_decay=0)
    opt.select("1.*").set(lr=0.125)
    rates = {n: g["lr"] for g in opt.param_groups for n in g["param_names"]}
    assert rates == {
        "0.weight": 0.5, "2.weight": 0.5, "3.weight": 0.5, "2.bias": 0.25, "3.bias": 0.25,
        "1.weight": 0.125, "1.bias": 0.125,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"beta1": 0.5}, WrongWordError),
        ({"lr": -1}, HyperparameterError),
        ({"momentum": 1}, TypeError),
    ],
)
def test_a_bad_word_changes_nothing(given: Any, error: type[Exception]) -> None:
    opt = AdamW(words())
    before = [dict(group) for group in opt.param_groups]
    with pytest.raises(error):
        opt.select("*.bias").set(weight_decay=0, **given)
    assert opt.param_groups == before


def test_values_that_do_not_go_together_change_nothing() -> None:
    opt = SGD(words())
    before = [dict(group) for group in opt.param_groups]
    with pytest.raises(HyperparameterError, match="momentum above 0"):
        opt.select("*.bias").set(nesterov=True)
    assert opt.param_groups == before
    opt.step()


def test_frozen_parameters_rest_until_thawed() -> None:
    model = make()
    opt = AdamW(model, lr=0.1)
    learn(model, opt)
    frozen = opt.select("0.*").freeze()
    before = copy.deepcopy(model)
    learn(model, opt)
    assert torch.equal(model[0].weight, before[0].weight)
    assert not torch.equal(model[2].weight, before[2].weight)
    assert not model[0].weight.requires_grad
    frozen.thaw()
    learn(model, opt)
    assert not torch.equal(model[0].weight, before[0].weight)


def test_another_rule_for_some() -> None:
    ours, theirs = make(), make()
    opt = AdamW(ours)
    opt.select(ndim=2).use(SGD, lr=0.1, momentum=0.9)
    peers = [
        torch.optim.SGD([theirs[0].weight, theirs[2].weight], lr=0.1, momentum=0.9),
        torch.optim.AdamW([theirs[0].bias, theirs[2].bias]),
    ]
    learn(ours, opt)
    learn(theirs, *peers)
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-13)


def test_everything_survives_save_and_load() -> None:
    class PlainRule(FormulaRule):
        lr: float = hyper(default=0.01, ge=0)

        @staticmethod
        def step(p, g, h):
            return p - h.lr * g

    model = make()
    opt = AdamW(model, lr=0.1)
    opt.select("*.bias").set(weight_decay=0)
    opt.select("0.weight").use(Lion, lr=1e-2)
    opt.select("2.weight").use(PlainRule)
    opt.select("2.bias").freeze()
    learn(model, opt)
    twin = copy.deepcopy(model).requires_grad_(True)
    again = AdamW(twin)
    with pytest.raises(StateError, match=r"PlainRule.*has not met"):
        again.load_state_dict(opt.state_dict())
    assert len(again.param_groups) == 1
    again.select("2.weight").use(PlainRule)
    again.load_state_dict(opt.state_dict())
    learn(model, opt)
    learn(twin, again)
    assert same(model, twin)
    assert not twin[2].bias.requires_grad


def test_a_scheduler_that_was_built_before_is_told_about() -> None:
    opt = AdamW(make())
    lr_scheduler.StepLR(opt, 1)
    with pytest.warns(UserWarning, match="after a learning-rate scheduler was built"):
        opt.select("*.bias").set(lr=0.5)
    opt.select("*.bias").set(lr=0.25)  # the group is there already


def test_hooks_of_a_selection_join_the_kernel() -> None:
    model, wanted = make(), make()
    opt = SGD(model, lr=0.1)
    opt.select(ndim=2).add_hook(WeightDecay(0.5))
    groups = [{"params": [wanted[0].weight, wanted[2].weight], "weight_decay": 0.5}]
    groups.append({"params": [wanted[0].bias, wanted[2].bias]})
    learn(model, opt)
    learn(wanted, torch.optim.SGD(groups, lr=0.1))
    for p, q in zip(model.parameters(), wanted.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-14)
    assert len(opt.explain().buckets) == 2
    assert not opt.explain().fell_out


def test_a_hook_that_one_parameter_has_already_is_added_to_none() -> None:
    model = make()
    opt = SGD(model)
    opt.select("0.bias").add_hook(WeightDecay(0.5))
    with pytest.raises(HookError, match="already has a hook called 'WeightDecay'"):
        opt.select("*").add_hook(WeightDecay(0.1))
    opt.select("0.weight").add_hook(WeightDecay(0.5))


class Halved(Optimizer):
    class rule(FormulaRule):
        lr: float = hyper(default=0.5, ge=0)

        @staticmethod
        def step(p, g, h):
            return p - h.lr * g


def test_a_users_own_optimizer_selects_too() -> None:
    model = make()
    opt = Halved(model)
    opt.select("0.*").set(lr=0)
    before = copy.deepcopy(model)
    learn(model, opt)
    assert torch.equal(model[0].weight, before[0].weight)
    assert not torch.equal(model[2].weight, before[2].weight)


# ---- in Chainer's language


def chain() -> Sequential:
    np.random.seed(0)
    return Sequential(L.Linear(2, 3), F.tanh, L.Linear(3, 1))


def learn_chain(model: Any, opt: Any) -> None:
    x = np.ones((4, 2), np.float32)
    for _ in range(3):
        opt.update(lambda: F.sum(model(x) ** 2))


def arrays(model: Any) -> dict[str, Any]:
    return {path: param.array.copy() for path, param in model.namedparams()}


def test_links_are_selected_by_path_and_class() -> None:
    model = chain()
    opt = optimizers.MomentumSGD(lr=0.1).setup(model)
    assert opt.select("*.b").names == opt.select("*/b").names == ("/0/b", "/1/b")
    assert opt.select(within=L.Linear, ndim=2).names == ("/0/W", "/1/W")
    opt.select("*.b").set(lr=0)
    opt.select("/0/W").freeze()
    opt.select("/1/W").add_hook(WeightDecay(0.1))
    before = arrays(model)
    learn_chain(model, opt)
    after = arrays(model)
    assert [p for p in before if not np.array_equal(before[p], after[p])] == ["/1/W"]
    opt.select("/0/W").thaw().use(optimizers.Adam, alpha=0.5)
    learn_chain(model, opt)
    assert not np.array_equal(before["/0/W"], model[0].W.array)
    assert type(model[0].W.update_rule).__name__ == "AdamRule"
    with pytest.raises(WrongWordError, match="its hyperparameters are: alpha"):
        opt.select("/0/W").set(lr=0.5)
    with pytest.raises(HyperparameterError):
        opt.select("/1/W").set(lr=-1)


@pytest.mark.parametrize("rule", ["SGD", torch.optim.SGD, 3])
def test_what_is_no_rule_is_told(rule: Any) -> None:
    opt = AdamW(nn.Linear(2, 1))
    before = copy.deepcopy(opt.param_groups)
    with pytest.raises(TypeError, match="names no rule; give an optimizer"):
        opt.select("weight").use(rule)
    assert str(opt.param_groups) == str(before)


def test_chainers_rule_of_the_same_name_would_load_as_another() -> None:
    opt = AdamW(nn.Linear(2, 1))
    with pytest.raises(StateError, match=r"catenary\.optimizers\.adam\.AdamRule is called as"):
        opt.select("weight").use(optimizers.Adam, alpha=0.1)
    assert len(opt.param_groups) == 1


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (lambda model: SGD(model, lr=0.5, momentum=0.25), "use(SGD, lr=0.5, momentum=0.25)"),
        (lambda model: SGD.rule(lr=0.5), "use(SGDRule, lr=0.5)"),
        (Halved, "use(Halved)"),
    ],
)
def test_an_optimizer_that_was_made_already_is_refused(given: Any, told: str) -> None:
    """Its hyperparameters were passed over in silence."""
    model = make()
    opt = AdamW(model)
    before = [dict(group) for group in opt.param_groups]
    with pytest.raises(TypeError, match=re.escape(f"Write {told}.")):
        opt.select("*.bias").use(given(make()))
    assert opt.param_groups == before


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (optimizers.SGD(lr=0.5), "Write use(SGD, lr=0.5)."),
        (optimizers.MomentumSGD(), "Write use(MomentumSGD)."),
        (optimizers.SGD.rule(lr=0.5), "Write use(SGDRule, lr=0.5)."),
        (dict, "names no rule"),
        ("SGD", "use('SGD') names no rule; give an optimizer's class"),
    ],
)
def test_what_is_no_rule_is_refused_in_chainers_language_too(given: Any, told: str) -> None:
    model = chain()
    opt = optimizers.Adam().setup(model)
    rules = [param.update_rule for param in model.params()]
    with pytest.raises(TypeError, match=re.escape(told)):
        opt.select("*.b").use(given)
    assert [param.update_rule for param in model.params()] == rules
