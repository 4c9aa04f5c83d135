"""How 16-bit parameters are kept, in torch's words: a word of groups, checkpoints, export."""

from __future__ import annotations

import copy
import io
import warnings
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from catenary import optim
from catenary.errors import HyperparameterError, StateError, WrongWordError
from tests.optim.training import parameters, train

KINDS = ("plain", "master", "kahan", "stochastic")
POLICIES = [(k, d) for k in KINDS[:3] for d in (torch.float16, torch.bfloat16)]
POLICIES.append(("stochastic", torch.bfloat16))
BEGIN, END = range(6), range(6, 12)

every_policy = pytest.mark.parametrize(("kind", "dtype"), POLICIES)
every_kind = pytest.mark.parametrize("kind", KINDS)


def optimizers() -> list[Any]:
    names = [name for name in optim.__all__ if hasattr(getattr(optim, name), "rule")]
    made: list[Any] = [pytest.param(getattr(optim, name), {}, id=name) for name in names]
    return [*made, pytest.param(optim.SGD, {"lr": 0.1, "momentum": 0.9}, id="momentum")]


every_optimizer = pytest.mark.parametrize(("make", "words"), optimizers())


def named(params: list[Any]) -> list[tuple[str, Any]]:
    return [(f"p{i}", param) for i, param in enumerate(params)]


def bits(params: list[Any]) -> list[list[float]]:
    return [param.detach().flatten().tolist() for param in params]


@every_optimizer
@every_policy
def test_a_checkpoint_goes_on_to_the_bit(
    make: Any, words: Any, kind: str, dtype: torch.dtype
) -> None:
    params = parameters(dtype)
    opt = make(named(params), storage=kind, **words)
    train(opt, params, BEGIN)
    file = io.BytesIO()
    torch.save(opt.state_dict(), file)
    file.seek(0)
    others = copy.deepcopy(params)
    loaded = make(named(others), storage=kind, **words)
    assert not loaded.load_state_dict(torch.load(file, weights_only=True))
    copied_params, copied = copy.deepcopy((params, opt))
    for other, mine in ((loaded, others), (copied, copied_params), (opt, params)):
        train(other, mine, END)
    assert bits(others) == bits(params)
    assert bits(copied_params) == bits(params)
    for mine, theirs in zip(params, others, strict=True):
        for key, value in opt.state[mine].items() if mine in opt.state else ():
            assert torch.equal(value, loaded.state[theirs][key]), key
            assert value.dtype == loaded.state[theirs][key].dtype, key


@every_optimizer
@every_kind
def test_beside_the_parameter_lies_what_should(make: Any, words: Any, kind: str) -> None:
    params = parameters(torch.bfloat16)
    opt = make(named(params), storage=kind, **words)
    train(opt, params, range(2))
    for state in (opt.state[p] for p in params if p in opt.state):
        found = {key: value.dtype for key, value in state.items()}
        assert found.get("master_param") == (torch.float32 if kind == "master" else None)
        assert found.get("compensation") == (torch.bfloat16 if kind == "kahan" else None)


@pytest.mark.parametrize("kind", ["master", "kahan", "stochastic"])
@pytest.mark.parametrize("name", ["AdamW", "Adam", "SGD", "RMSprop", "Adagrad", "NAdam", "Adamax"])
def test_training_goes_on_in_torch(name: str, kind: str) -> None:
    """What is exported loads into torch's class, and both go on alike in float32."""
    words = {"momentum": 0.9} if name == "SGD" else {}
    params = parameters(torch.bfloat16)
    opt = getattr(optim, name)(named(params), lr=0.01, storage=kind, **words)
    train(opt, params, BEGIN)
    before = bits(params)
    found = {}
    for room in (torch.optim, optim):
        weights = opt.float32_weights()
        wide = [torch.nn.Parameter(weights[f"p{i}"]) for i in range(len(params))]
        other = getattr(room, name)(named(wide), lr=0.01, **words)
        other.load_state_dict(copy.deepcopy(opt.float32_state_dict()))
        for state in other.state.values():
            assert not any(v.dtype in (torch.float16, torch.bfloat16) for v in state.values())
            assert not {"master_param", "compensation"} & state.keys()
        assert all("storage" not in group for group in other.param_groups)
        train(other, wide, END)
        found[room] = torch.cat([param.detach().flatten() for param in wide])
    torch.testing.assert_close(found[optim], found[torch.optim], rtol=1e-5, atol=1e-6)
    assert bits(params) == before
    assert opt.param_groups[0]["storage"] == kind


def test_weights_go_into_a_float32_model() -> None:
    model = torch.nn.Linear(3, 2).bfloat16()
    opt = optim.AdamW(model, storage="kahan")
    train(opt, list(model.parameters()), range(3))
    wide = copy.deepcopy(model).float()
    wide.load_state_dict(opt.float32_weights())
    assert torch.equal(wide.weight.bfloat16(), model.weight)
    assert not torch.equal(wide.weight, model.weight.float())


@pytest.mark.parametrize("kind", ["khan", None, 16, "Master"])
def test_a_typo_is_an_error_at_once(kind: Any) -> None:
    told = r"'plain', 'master', 'kahan', 'stochastic'"
    params = parameters(torch.bfloat16)
    with pytest.raises(HyperparameterError, match=told):
        optim.AdamW(params, storage=kind)
    with pytest.raises(HyperparameterError, match=told):
        optim.AdamW([{"params": params, "storage": kind}])
    opt = optim.AdamW(named(params))
    with pytest.raises(HyperparameterError, match=told):
        opt.select("p0").set(storage=kind)
    assert "storage" not in opt.param_groups[0]
    opt.param_groups[0]["storage"] = kind
    params[0].grad = torch.ones_like(params[0])
    before = bits(params)
    with pytest.raises(HyperparameterError, match=r"param_groups\[0\]: storage is"):
        opt.step()
    assert bits(params) == before


def test_the_word_itself_may_be_mistyped() -> None:
    params = parameters(torch.bfloat16)
    with pytest.raises(WrongWordError, match="Did you mean 'storage'"):
        optim.SGD(params, storrage="kahan")
    with pytest.raises(WrongWordError, match="Did you mean 'storage'"):
        optim.SGD([{"params": params, "storag": "kahan"}])


def test_float16_is_refused_with_a_way_out() -> None:
    params = parameters(torch.float16)
    told = "'kahan' or storage='master'"
    with pytest.raises(HyperparameterError, match=told):
        optim.SGD(params, storage="stochastic")
    opt = optim.SGD(params)
    with pytest.raises(HyperparameterError, match=told):
        opt.select().set(storage="stochastic")
    assert opt.param_groups[0].get("storage", "plain") == "plain"


def test_groups_differ_and_change_while_training() -> None:
    params = parameters(torch.bfloat16)
    opt = optim.Adam(named(params), lr=0.01, storage="kahan")
    opt.select("p0").set(storage="master")
    opt.select("p1").set(storage="stochastic")
    train(opt, params, range(2))
    kinds = {bucket.paths: bucket.storage for bucket in opt.explain().buckets}
    assert kinds[("p0",)] == "master"
    assert kinds[("p1",)] == "stochastic"
    assert opt.state[params[0]].keys() >= {"master_param"}
    assert opt.state[params[2]].keys() >= {"compensation"}
    weights = opt.float32_weights()
    for group in opt.param_groups:
        group["storage"] = "master"
    opt._follow()
    for name, value in opt.float32_weights().items():
        assert torch.equal(value, weights[name])
    train(opt, params, range(2, 4))
    assert all("master_param" in opt.state[param] for param in params)
    assert not any("compensation" in opt.state[param] for param in params)


def test_a_checkpoint_brings_its_storage() -> None:
    params = parameters(torch.bfloat16)
    opt = optim.Adam(named(params), lr=0.01, storage="kahan")
    opt.select("p1").set(storage="stochastic")
    train(opt, params, BEGIN)
    others = copy.deepcopy(params)
    plain = optim.Adam(named(others), lr=0.01)
    plain.load_state_dict(opt.state_dict())
    train(plain, others, END)
    train(opt, params, END)
    assert bits(others) == bits(params)


@pytest.mark.parametrize("first", ["master", "kahan"])
@pytest.mark.parametrize("second", KINDS)
def test_a_checkpoint_of_another_storage(first: str, second: str) -> None:
    """`keep` says whose storage counts; weights are kept as far as that can hold them."""
    params = parameters(torch.bfloat16)
    opt = optim.Adam(named(params), lr=0.01, storage=first)
    train(opt, params, BEGIN)
    others = copy.deepcopy(params)
    other = optim.Adam([{"params": named(others), "storage": second}], lr=0.01)
    other.load_state_dict(copy.deepcopy(opt.state_dict()), keep=("storage",))
    beside = {"master": {"master_param"}, "kahan": {"compensation"}}.get(second, set())
    assert other.state[others[0]].keys() & {"master_param", "compensation"} == beside
    exact, found = opt.float32_weights(), other.float32_weights()
    for param, name in zip(params, exact, strict=True):
        wanted = exact[name] if second in ("master", "kahan") else param.detach().float()
        off = 2.0**-17 if second == "kahan" else 0
        assert ((found[name] - wanted).abs() <= wanted.abs() * off).all()
    train(other, others, END)
    if first == second:
        train(opt, params, END)
        assert bits(others) == bits(params)
    assert other.state[others[0]]["exp_avg"].dtype == torch.float32


@every_kind
def test_a_float32_checkpoint_of_torchs(kind: str) -> None:
    """States keep their dtype, the storage stays, and training goes on."""
    wide = parameters(torch.float32)
    theirs = torch.optim.AdamW(named(wide), lr=0.01)
    train(theirs, wide, BEGIN)
    params = [torch.nn.Parameter(param.detach().bfloat16()) for param in wide]
    opt = optim.AdamW(named(params), lr=0.01, storage=kind)
    opt.load_state_dict(copy.deepcopy(theirs.state_dict()))
    train(opt, params, END)
    assert opt.param_groups[0].get("storage", "plain") == kind
    for mine in params:
        assert opt.state[mine]["exp_avg"].dtype == torch.float32


def test_silent_checkpoints_cannot_join_storages() -> None:
    params = parameters(torch.bfloat16)
    opt = optim.SGD(named(params), lr=0.1)
    opt.select("p0").set(storage="kahan")
    theirs = torch.optim.SGD(named(copy.deepcopy(params)), lr=0.1)
    with pytest.raises(StateError, match="storage"):
        opt.load_state_dict(theirs.state_dict())
    assert [group.get("storage") for group in opt.param_groups] == [None, "kahan"]


@pytest.mark.parametrize("name", ["AdamW", "Muon", "Adafactor"])
def test_copies_of_a_model_stay_equal(name: str) -> None:
    """Chance follows the name and the step, not the process or the order of the parameters."""
    found = []
    for order in (1, -1):
        params = parameters(torch.bfloat16)
        opt = getattr(optim, name)(named(params)[::order], storage="stochastic")
        train(opt, params, range(5))
        found.append(bits(params))
    assert found[0] == found[1]


def test_names_choose_the_chances() -> None:
    found = []
    for name in ("one", "other"):
        param = torch.nn.Parameter(torch.ones(200, dtype=torch.bfloat16))
        opt = optim.SGD([(name, param)], lr=2.0**-10, storage="stochastic")
        param.grad = torch.ones_like(param)
        opt.step()
        found.append(param.detach().clone())
        assert set(param.tolist()) == {1.0, 1 - 2.0**-8}
    assert not torch.equal(*found)


@pytest.mark.parametrize("name", ["AdamW", "Adafactor", "Muon"])
@settings(max_examples=10)
@given(seed=st.integers(0, 2**16), dtype=st.sampled_from([torch.float16, torch.bfloat16]))
def test_a_master_is_float32_training(name: str, seed: int, dtype: torch.dtype) -> None:
    """The master takes the path of a float32 parameter that gets the same gradients."""
    draws = torch.Generator().manual_seed(seed)
    starts = [torch.randn(6, 8, generator=draws).to(dtype) for _ in range(2)]
    narrow = [torch.nn.Parameter(start.clone()) for start in starts]
    wide = [torch.nn.Parameter(start.float()) for start in starts]
    kept = getattr(optim, name)(named(narrow), lr=0.01, storage="master")
    plain = getattr(optim, name)(named(wide), lr=0.01)
    for _ in range(4):
        for mine, theirs in zip(narrow, wide, strict=True):
            mine.grad = torch.randn(6, 8, generator=draws).to(dtype)
            theirs.grad = mine.grad.float()
        kept.step()
        plain.step()
    for mine, theirs in zip(narrow, wide, strict=True):
        assert torch.equal(kept.state[mine]["master_param"], theirs.detach())
        assert torch.equal(mine.detach(), theirs.detach().to(dtype))


def test_schedulers_and_scalers_go_along() -> None:
    model = torch.nn.Linear(4, 2).half()
    opt = optim.SGD(model, lr=0.5, storage="kahan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        schedule = torch.optim.lr_scheduler.StepLR(opt, 1, 0.5)
        model.weight.grad = torch.full((2, 4), 2.0**-14, dtype=torch.float16)
        before = opt.float32_weights()["weight"]
        for _ in range(2):
            opt.step()
            schedule.step()
    moved = before - opt.float32_weights()["weight"]
    assert (moved - 0.75 * 2.0**-14).abs().max() <= 2.0**-20
