"""Every configuration of torch's own optimizer tests: the same path, the same errors."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db

from catenary import optim
from catenary.optim import lr_scheduler
from tests.optim.training import distance, parameters, train

TORCHS_WAYS = {"foreach", "fused", "capturable", "differentiable"}
"""Words that choose among torch's implementations, of which there is one here."""
MATRIX_RULES = {"Adafactor", "Muon"}
"""Compared with torch in tests of their own."""
INFOS = [info for info in optim_db if info.name in optim.__all__ and info.name not in MATRIX_RULES]
BOUND = {torch.float64: 1e-10, torch.float32: 1e-6}


def configurations() -> Iterator[Any]:
    """Yield (name, words) for what torch's test database lists, and each rule with a tensor lr."""
    for info in INFOS:
        seen: list[str] = []
        listed = [dict(made.kwargs) for made in info.optim_inputs_func(device="cpu")]
        for given in [*listed, {"lr": torch.tensor(2e-3, dtype=torch.float64)}]:
            words = {word: value for word, value in given.items() if word not in TORCHS_WAYS}
            if str(words) not in seen:
                seen.append(str(words))
                text = ",".join(f"{word}={value}" for word, value in words.items())
                yield pytest.param(info.name, words, id=f"{info.name}({text})")


def both(name: str) -> tuple[Any, Any]:
    """Return our class, and torch's with its single-tensor implementation."""
    theirs = getattr(torch.optim, name)
    return getattr(optim, name), lambda params, **words: theirs(params, foreach=False, **words)


@pytest.fixture(params=[torch.float64, torch.float32], ids=str)
def dtype(request: Any) -> Iterator[torch.dtype]:
    """torch keeps its step counts and products of momenta in the default dtype."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(request.param)
    yield request.param
    torch.set_default_dtype(before)


def test_the_database_lists_our_rules() -> None:
    assert {info.name for info in INFOS} >= {
        "SGD", "Adam", "AdamW", "NAdam", "RAdam", "Adamax", "Adagrad", "Adadelta", "RMSprop",
        "Rprop", "ASGD",
    }  # fmt: skip


@pytest.mark.parametrize(("name", "words"), list(configurations()))
def test_a_hundred_steps(name: str, words: dict[str, Any], dtype: torch.dtype) -> None:
    paths = []
    for kind in both(name):
        params = parameters(dtype)
        paths.append(train(kind(params, **words), params, range(100)))
    assert distance(*paths) < BOUND[dtype]


@pytest.mark.parametrize(("name", "words"), list(configurations()))
def test_resumed_from_each_others_checkpoints(name: str, words: dict[str, Any]) -> None:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        kinds = both(name)
        whole = parameters(torch.float64)
        wanted = train(kinds[1](whole, **words), whole, range(30))[15:]
        for first, second in (kinds, kinds[::-1], (kinds[0], kinds[0])):
            params = parameters(torch.float64)
            opt = first(params, **words)
            train(opt, params, range(15))
            again = [torch.nn.Parameter(param.detach().clone()) for param in params]
            resumed = second(again)
            resumed.load_state_dict(opt.state_dict())
            assert distance(train(resumed, again, range(15, 30)), wanted) < 1e-10
    finally:
        torch.set_default_dtype(before)


@pytest.mark.parametrize(
    ("name", "words"), [*configurations(), pytest.param("ASGD", {"t0": 3.0}, id="ASGD(t0=3)")]
)
def test_states_are_torchs(name: str, words: dict[str, Any]) -> None:
    """The same names and shapes, and the same values to the parameters' accuracy."""
    states = []
    for kind in both(name):
        params = parameters(torch.float32)
        opt = kind(params, **words)
        train(opt, params, range(9))
        states.append(opt.state_dict()["state"])
    mine, theirs = states
    assert mine.keys() == {place for place, state in theirs.items() if state}
    for place, state in mine.items():
        assert set(state) == set(theirs[place])
        for key, value in state.items():
            wanted = theirs[place][key]
            assert value.shape == wanted.shape
            torch.testing.assert_close(value.float(), wanted, rtol=1e-5, atol=1e-6)


SCHEDULES = {
    "StepLR": lambda opt: lr_scheduler.StepLR(opt, step_size=3, gamma=0.7),
    "CosineAnnealingLR": lambda opt: lr_scheduler.CosineAnnealingLR(opt, T_max=25),
    "LambdaLR": lambda opt: lr_scheduler.LambdaLR(opt, [lambda t: 0.9**t, lambda t: 1 / (1 + t)]),
}


@pytest.mark.parametrize("schedule", SCHEDULES)
@pytest.mark.parametrize("info", INFOS, ids=lambda info: info.name)
def test_groups_under_a_schedule(info: Any, schedule: str) -> None:
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        paths = []
        for kind in both(info.name):
            params = parameters(torch.float64)
            second = {"params": params[2:], "lr": 0.02}
            opt = kind([{"params": params[:2]}, second], lr=0.01)
            scheduler = SCHEDULES[schedule](opt)
            paths.append(train(opt, params, range(30), scheduler.step))
        assert distance(*paths) < 1e-10
    finally:
        torch.set_default_dtype(before)


def errors() -> Iterator[Any]:
    for info in INFOS:
        for made in info.optim_error_inputs_func(device="cpu", dtype=torch.float32):
            given = made.optimizer_error_input
            if made.error_on == OptimizerErrorEnum.CONSTRUCTION_ERROR and not (
                TORCHS_WAYS & given.kwargs.keys()
            ):
                yield pytest.param(info.name, made, id=f"{info.name}: {given.desc}")


@pytest.mark.parametrize(("name", "made"), list(errors()))
def test_errors_of_the_same_type(name: str, made: Any) -> None:
    given = made.optimizer_error_input
    for kind in both(name):
        params = parameters(torch.float32) if given.params is None else given.params
        with pytest.raises(made.error_type):
            kind(params, **given.kwargs)


@pytest.mark.parametrize("info", INFOS, ids=lambda info: info.name)
def test_arguments_are_torchs(info: Any) -> None:
    """The same words with the same defaults; those that matter here in the same order."""

    def arguments(kind: Any) -> tuple[list[str], dict[str, Any]]:
        found = list(inspect.signature(kind).parameters.values())
        ordered = [p.name for p in found if p.kind == p.POSITIONAL_OR_KEYWORD]
        return ordered, {p.name: p.default for p in found}

    ours, our_defaults = arguments(getattr(optim, info.name))
    theirs, their_defaults = arguments(getattr(torch.optim, info.name))
    assert ours == theirs[: len(ours)]
    beyond = set(theirs[len(ours) :])
    assert beyond <= TORCHS_WAYS | {"maximize"}
    assert their_defaults == {word: our_defaults[word] for word in their_defaults}
    ours_alone = {"decoupled_weight_decay", "storage"}
    assert our_defaults.keys() - their_defaults.keys() <= TORCHS_WAYS | ours_alone


SHARED = sorted(
    name
    for name in optim.__all__
    if isinstance(getattr(torch.optim, name, None), type) and hasattr(getattr(optim, name), "rule")
)


def test_every_class_of_torchs_names_is_compared() -> None:
    assert {"SGD", "AdamW", "Adafactor", "Muon", "Rprop"} <= set(SHARED)
    assert len(SHARED) == 13


@pytest.mark.parametrize("name", SHARED)
def test_groups_and_defaults_have_torchs_words(name: str) -> None:
    """SGD had `capturable`, and seven others had `fused`, which torch's have not."""
    kinds = [getattr(place, name) for place in (optim, torch.optim)]
    params = [torch.nn.Parameter(torch.ones(2, 3))]
    ours, theirs = (kind(params) for kind in kinds)
    assert ours.defaults == theirs.defaults
    assert ours.state_dict()["param_groups"] == theirs.state_dict()["param_groups"]


def test_a_word_that_was_chosen_stays_though_torch_has_it_not() -> None:
    params = [torch.nn.Parameter(torch.ones(2))]
    assert optim.RMSprop(params, fused=True).param_groups[0]["fused"] is True
    assert optim.Lion(params).param_groups[0]["fused"] is None
