"""Checkpoints: matched by name, checked before anything is written, at home in torch."""

from __future__ import annotations

import copy
import io
import pickle
from typing import Any

import pytest
import torch
from torch import nn

from catenary import optim
from catenary.errors import HyperparameterError, StateError
from catenary.optim import SGD, Adam, AdamW, Lion, NAdam
from tests.optim.test_optimizer import learn, make, same


def through_a_file(state_dict: dict[str, Any]) -> dict[str, Any]:
    file = io.BytesIO()
    torch.save(state_dict, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def with_pieces_swapped() -> nn.Sequential:
    """The same model, with its parameters registered in another order."""
    model = make()
    model[0].register_parameter("weight", model[0]._parameters.pop("weight"))
    return model


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "NAdam", "Rprop", "ASGD", "Adagrad"])
@pytest.mark.parametrize("direction", ["from torch", "to torch", "ours"])
def test_a_run_goes_on_where_it_stopped(name: str, direction: str) -> None:
    words = {"momentum": 0.9, "dampening": 0.1} if name == "SGD" else {}
    ours, theirs = getattr(optim, name), getattr(torch.optim, name)
    first = theirs if direction == "from torch" else ours
    second = theirs if direction == "to torch" else ours
    whole = make()
    opt = theirs(whole.parameters(), **words)
    learn(whole, opt, steps=12)
    model = make()
    opt = first(model.parameters(), **words)
    learn(model, opt, steps=6)
    resumed = second(model.parameters(), lr=0.5)
    resumed.load_state_dict(through_a_file(opt.state_dict()))
    learn(model, resumed, steps=6)
    atol = 1e-7 if name in ("NAdam", "ASGD") else 1e-13  # torch keeps products in float32
    for p, q in zip(model.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=atol)


def test_ours_resumes_to_the_bit() -> None:
    for kind in (NAdam, Lion, AdamW):
        model = make()
        opt = kind(model, lr=1e-2)
        learn(model, opt)
        twin = copy.deepcopy(model)
        again = kind(twin)
        assert not again.load_state_dict(through_a_file(opt.state_dict()))
        learn(model, opt)
        learn(twin, again)
        assert same(model, twin)


def test_a_loaded_checkpoint_is_a_copy() -> None:
    model = make()
    opt = Adam(model)
    learn(model, opt)
    saved = opt.state_dict()
    before = copy.deepcopy(saved)
    other = make()
    again = Adam(other)
    again.load_state_dict(saved)
    learn(other, again)
    for key, state in saved["state"].items():
        assert torch.equal(state["exp_avg"], before["state"][key]["exp_avg"])


def test_parameters_are_matched_by_name_whatever_their_order() -> None:
    model, other = make(), with_pieces_swapped()
    opt, again = Adam(model), Adam(other)
    assert again._view.of(other[0].bias).name == "0.bias"
    learn(model, opt)
    other.load_state_dict(model.state_dict())
    assert not again.load_state_dict(through_a_file(opt.state_dict()))
    for name, tensor in other.named_parameters():
        mine = opt.state[dict(model.named_parameters())[name]]["exp_avg"]
        assert torch.equal(again.state[tensor]["exp_avg"], mine)


def test_without_names_shapes_are_still_checked() -> None:
    model, other = make(), with_pieces_swapped()
    opt, again = Adam(model.parameters()), Adam(other.parameters())
    learn(model, opt)
    with pytest.raises(StateError, match=r"'exp_avg' has shape \(8, 4\) and must have \(8,\)"):
        again.load_state_dict(opt.state_dict())
    assert not again.state


def test_what_does_not_fit_changes_nothing() -> None:
    model = make()
    opt = Adam(model)
    learn(model, opt)
    saved = opt.state_dict()
    bigger = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 5), nn.Linear(5, 2)).double()
    again = Adam(bigger, lr=0.25)
    with pytest.raises(StateError) as caught:
        again.load_state_dict(saved)
    told = str(caught.value)
    assert "not in the checkpoint: 3.weight" in told
    assert "2.weight: 'exp_avg' has shape (3, 8) and must have (5, 8)" in told
    assert "strict=False" in told
    assert not again.state
    assert again.lr == 0.25


def test_partial_loading_reports_and_takes_what_fits() -> None:
    model = make()
    opt = Adam(model, lr=0.125)
    learn(model, opt)
    saved = opt.state_dict()
    other = nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 5)).double()
    again = Adam([*other.named_parameters(), ("head", nn.Parameter(torch.zeros(2)))], lr=0.5)
    report = again.load_state_dict(saved, strict=False)
    assert report.missing == ("head",)
    assert {name for name, _ in report.mismatched} == {"2.weight", "2.bias"}
    assert torch.equal(again.state[other[0].weight]["exp_avg"], saved["state"][0]["exp_avg"])
    assert other[2].weight not in again.state
    assert sorted(group["lr"] for group in again.param_groups) == [0.125, 0.5]
    unexpected = Adam([("0.weight", nn.Parameter(torch.zeros(8, 4)))])
    report = unexpected.load_state_dict(saved, strict=False)
    assert report.unexpected == ("0.bias", "2.weight", "2.bias")
    assert str(report).startswith("only in the checkpoint: 0.bias")


def test_a_newly_chosen_rate_may_stay() -> None:
    model = make()
    opt = AdamW(model, lr=0.1, weight_decay=0.3)
    learn(model, opt)
    for keep, lr in (((), 0.1), (("lr",), 0.2)):
        again = AdamW(make(), lr=0.2)
        again.load_state_dict(opt.state_dict(), keep=keep)
        assert (again.lr, again.weight_decay) == (lr, 0.3)


@pytest.mark.parametrize("keep", ["lr", ("rate",)])
def test_what_cannot_stay_is_told(keep: Any) -> None:
    opt = AdamW(make(), lr=0.5)
    before = [dict(group) for group in opt.param_groups]
    with pytest.raises(StateError, match="names no hyperparameter"):
        opt.load_state_dict(opt.state_dict(), keep=keep)
    assert opt.param_groups == before


def test_values_that_do_not_go_together_change_nothing() -> None:
    opt = SGD(make(), momentum=0.9, nesterov=True)
    saved = copy.deepcopy(opt.state_dict())
    saved["param_groups"][0]["momentum"] = 0.0
    with pytest.raises(HyperparameterError, match="nesterov"):
        opt.load_state_dict(saved)
    assert opt.param_groups[0]["momentum"] == 0.9
    opt.step()


def test_the_dtype_of_state_is_kept() -> None:
    model = make().float()
    opt = Adam(model)
    saved = opt.state_dict()
    saved["state"] = {
        0: {
            "step": torch.tensor(3.0),
            "exp_avg": torch.ones(8, 4, dtype=torch.float64),
            "exp_avg_sq": torch.ones(8, 4, dtype=torch.float64),
        }
    }
    opt.load_state_dict(saved)
    assert opt.state[model[0].weight]["exp_avg"].dtype == torch.float64
    model[0].weight.grad = torch.ones(8, 4)
    opt.step()
    assert opt.state[model[0].weight]["exp_avg"].dtype == torch.float64


def test_another_optimizers_checkpoint_is_told() -> None:
    model = make()
    opt = SGD(model, momentum=0.9)
    learn(model, opt)
    with pytest.raises(StateError, match="'exp_avg' is missing"):
        Adam(make()).load_state_dict(opt.state_dict())
    with pytest.raises(StateError, match="Is it the model's"):
        Adam(make()).load_state_dict(model.state_dict())


def test_a_bad_value_in_a_file_changes_nothing() -> None:
    opt = Adam(make(), lr=0.5)
    saved = opt.state_dict()
    saved["param_groups"][0]["lr"] = "fast"
    with pytest.raises(StateError, match=r"checkpoint's param_groups\[0\].*lr='fast'"):
        opt.load_state_dict(saved)
    assert opt.lr == 0.5


def test_groups_of_other_sizes_need_names() -> None:
    model = make()
    opt = Adam([{"params": model[0].parameters()}, {"params": model[2].parameters()}])
    with pytest.raises(StateError, match=r"groups of \[2, 2\].*groups of \[4\]"):
        Adam(make().parameters()).load_state_dict(opt.state_dict())
    named = [{"params": model[0].named_parameters("0"), "lr": 0.5}]
    named.append({"params": model[2].named_parameters("2")})
    again = Adam(make())
    assert not again.load_state_dict(Adam(named).state_dict())
    assert [group["lr"] for group in again.param_groups] == [0.5, 1e-3]
    assert again.param_groups[1]["param_names"] == ["2.weight", "2.bias"]


def test_state_dict_hooks_run() -> None:
    opt, called = Adam(make()), []
    opt.register_state_dict_post_hook(lambda *_: called.append("saved"))
    opt.register_load_state_dict_pre_hook(lambda *_: called.append("loading"))
    opt.register_load_state_dict_post_hook(lambda *_: called.append("loaded"))
    opt.load_state_dict(opt.state_dict())
    assert called == ["saved", "loading", "loaded"]


def test_averages_are_saved() -> None:
    model = make()
    opt = SGD(model, lr=0.1)
    opt.average_weights(0.5)
    learn(model, opt)
    twin = copy.deepcopy(model)
    again = SGD(twin)
    again.average_weights(0.5)
    again.load_state_dict(through_a_file(opt.state_dict()))
    learn(model, opt)
    learn(twin, again)
    with opt.averaged_weights(), again.averaged_weights():
        assert same(model, twin)


# ---- `state`, read and written as torch's programs do


def test_written_state_is_heard() -> None:
    model = make()
    opt = Adam(model)
    learn(model, opt)
    weight = model[0].weight
    opt.state[weight]["exp_avg"] = torch.zeros(8, 4, dtype=torch.float64)
    opt.state[weight]["step"] = torch.tensor(100.0)
    assert not opt.state[weight]["exp_avg"].any()
    weight.grad = torch.zeros_like(weight)
    before = weight.clone()
    opt.step()
    assert torch.equal(weight, before)
    assert float(opt.state[weight]["step"]) == 101


def test_state_in_place_is_the_rules_own() -> None:
    model = make()
    opt = Adam(model)
    learn(model, opt)
    for state in opt.state.values():
        state["exp_avg"].zero_()
    assert not opt.state[model[0].weight]["exp_avg"].any()


SHOWN = {
    "state[p]": lambda opt, model: [opt.state[p] for p in model.parameters()],
    "state.values()": lambda opt, model: list(opt.state.values()),
    "state_dict()": lambda opt, model: list(opt.state_dict()["state"].values()),
}


@pytest.mark.parametrize("through", SHOWN)
@pytest.mark.parametrize("name", ["Adam", "NAdam", "ASGD"])
def test_numbers_filled_in_place_are_heard(name: str, through: str) -> None:
    """Resets and warm restarts in torch's programs do `state["step"].zero_()`."""
    paths = []
    for kind in (getattr(optim, name), getattr(torch.optim, name)):
        model = make()
        opt = kind(model.parameters(), lr=0.01)
        learn(model, opt)
        for state in SHOWN[through](opt, model)[1:]:
            for key in [key for key, value in state.items() if value.ndim == 0]:
                state[key].fill_(2 if key == "step" else 0.5)
        assert float(opt.state[model[0].bias]["step"]) == 2
        learn(model, opt)
        paths.append([p.detach().clone() for p in model.parameters()])
    for mine, theirs in zip(*paths, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-6, atol=1e-9)


def test_of_what_is_filled_and_then_assigned_the_later_counts() -> None:
    model = make()
    opt = Adam(model)
    learn(model, opt)
    state, other = (opt.state[p] for p in (model[0].weight, model[0].bias))
    assert opt.state[model[0].weight]["step"] is state["step"]
    state["step"].fill_(50)
    state["step"] = torch.tensor(7.0)
    other["exp_avg"] = torch.zeros_like(other["exp_avg"])
    other["step"].fill_(9)
    held = other["step"]
    learn(model, opt, steps=1)
    assert [float(opt.state[p]["step"]) for p in (model[0].weight, model[0].bias)] == [8, 10]
    held.fill_(0)  # shown before a step, and heard no more
    learn(model, opt, steps=1)
    assert float(opt.state[model[0].bias]["step"]) == 11
    assert type(copy.deepcopy(opt.state[model[0].bias])) is dict


def test_state_that_does_not_fit_is_refused() -> None:
    model = make()
    opt = Adam(model)
    learn(model, opt)
    with pytest.raises(StateError, match=r"0\.weight does not fit"):
        opt.state[model[0].weight] = {"exp_avg": torch.zeros(2), "exp_avg_sq": torch.zeros(2)}
    with pytest.raises(KeyError):
        opt.state[torch.zeros(2)]
    del opt.state[model[0].weight]
    assert len(opt.state) == 3
    opt.state = {}
    assert not opt.state


# ---- what other people's files and wrappers hold


def test_the_nothing_that_torch_saved_for_sgd_without_momentum() -> None:
    """Until torch 2.4: a state of ``{"momentum_buffer": None}`` for every parameter."""
    model, wanted = make(), make()
    opt, other = SGD(model, lr=0.1), torch.optim.SGD(wanted.parameters(), lr=0.1)
    for momentum in (0.0, 0.9):
        old = {**other.state_dict(), "state": {i: {"momentum_buffer": None} for i in range(4)}}
        old["param_groups"][0]["momentum"] = momentum
        assert not opt.load_state_dict(copy.deepcopy(old))
        other.load_state_dict(copy.deepcopy(old))
        learn(model, opt)
        learn(wanted, other)
        for p, q in zip(model.parameters(), wanted.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=1e-12, atol=0)


class Lookahead:
    """As timm's: slow weights live in the state of the optimizer that it wraps."""

    def __init__(self, fast: torch.optim.Optimizer) -> None:
        self.fast = fast
        self.zero_grad = fast.zero_grad

    @torch.no_grad()
    def step(self) -> None:
        self.fast.step()
        for tensor in self.fast.param_groups[0]["params"]:
            state = self.fast.state[tensor]
            if "slow" not in state:
                state["slow"] = tensor.clone()
            state.setdefault("seen", []).append(1)
            state["slow"].lerp_(tensor, 0.5)
            tensor.copy_(state["slow"])


@pytest.mark.parametrize("kind", ["SGD", "Adam"])
def test_what_a_program_adds_to_a_state_stays_there(kind: str) -> None:
    model, wanted = make(), make()
    opt = getattr(optim, kind)(model, lr=0.1)
    other = getattr(torch.optim, kind)(wanted.parameters(), lr=0.1)
    for _ in range(2):
        learn(model, Lookahead(opt))
        learn(wanted, Lookahead(other))
        for p, q in zip(model.parameters(), wanted.parameters(), strict=True):
            torch.testing.assert_close(p, q, rtol=1e-10, atol=1e-12)
        saved = through_a_file(opt.state_dict())
        opt = pickle.loads(pickle.dumps(copy.deepcopy((model, opt))))
        model, opt = opt
        again = getattr(optim, kind)(model, lr=0.1)
        assert not again.load_state_dict(saved)
        slow = again.state[model[0].weight]["slow"]
        assert torch.equal(slow, opt.state[model[0].weight]["slow"])
        assert again.state[model[0].weight]["seen"] == opt.state[model[0].weight]["seen"]
    state = opt.state[model[0].weight]
    assert state.pop("seen") == [1] * 10
    assert state.pop("seen", None) is None
    state.update(mine=3)
    del state["slow"]
    assert opt.state[model[0].weight].keys() - {"step", "exp_avg", "exp_avg_sq"} == {"mine"}
    state.clear()
    assert model[0].weight not in opt.state


def test_what_a_program_added_stays_the_same_object_when_the_rule_is_written_to() -> None:
    model = make()
    opt = Adam(model, lr=0.01)
    learn(model, opt, steps=1)
    state, slow = opt.state[model[0].weight], torch.zeros(3)
    state["slow"] = slow
    state["exp_avg"] = torch.zeros_like(model[0].weight)
    assert opt.state[model[0].weight]["slow"] is slow


def test_a_wide_state_keeps_what_a_program_added() -> None:
    model = make().bfloat16()
    opt = AdamW(model, storage="kahan")
    sum(p.sum() for p in model.parameters()).backward()
    opt.step()
    opt.state[model[0].weight]["mine"] = 3
    assert opt.float32_state_dict()["state"][0]["mine"] == 3


@pytest.mark.parametrize("given", [None, "a.pt", 3])
def test_a_files_name_is_no_checkpoint(given: Any) -> None:
    with pytest.raises(TypeError, match=r"load_state_dict\(torch\.load\(name\)\)"):
        Adam(make()).load_state_dict(given)
