"""What users of torch.optim and its neighbours complain of, one test each.

The numbers are those of pytorch's issues, where nothing else is said.
"""

from __future__ import annotations

import copy
import math
import warnings
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catenary import optim
from catenary.errors import GradientError, HyperparameterError, StateError, WrongWordError
from catenary.kernel import compiler
from catenary.optimizer_hooks import GradientClipping


class Net(nn.Module):
    """Two layers of one shape, whose order of definition can be turned round."""

    def __init__(self, *, reverse: bool = False) -> None:
        super().__init__()
        names = ["first", "second"]
        for name in reversed(names) if reverse else names:
            self.add_module(name, nn.Linear(4, 4))
        torch.manual_seed(0)
        for name in names:
            nn.init.normal_(self.get_submodule(name).weight)
        self.norm = nn.LayerNorm(4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.second(F.relu(self.first(x))))


def learn(model: nn.Module, opt: Any, steps: range) -> None:
    for step in steps:
        opt.zero_grad()
        x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step))
        (model(x) - x).square().mean().backward()
        opt.step()


def trained(**words: Any) -> tuple[Net, Any]:
    model = Net()
    opt = optim.AdamW(model, lr=0.01, **words)
    learn(model, opt, range(3))
    return model, opt


def test_reordered_parameters_keep_their_own_state() -> None:
    """#1489, #113673, #3852: matched by index, a layer gets its neighbour's momentum."""
    model, opt = trained()
    turned = Net(reverse=True)
    other = optim.AdamW(turned, lr=0.01)
    assert not other.load_state_dict(opt.state_dict())
    for name, param in turned.named_parameters():
        mine, theirs = other.state[param], opt.state[model.get_parameter(name)]
        assert torch.equal(mine["exp_avg"], theirs["exp_avg"]), name


def test_a_checkpoint_of_another_model_is_refused_with_names() -> None:
    """#3852: strict by default, with a report."""
    _, opt = trained()
    other = optim.AdamW(nn.Sequential(nn.Linear(4, 4)), lr=0.01)
    with pytest.raises(StateError, match=r"first\.weight"):
        other.load_state_dict(opt.state_dict())
    assert not other.state


def test_a_model_that_grew_loads_what_fits() -> None:
    """#3852: a new head keeps its beginning; everything else resumes."""
    model, opt = trained()
    grown = Net()
    grown.head = nn.Linear(4, 2)
    grown.norm = nn.LayerNorm(4, elementwise_affine=False)
    other = optim.AdamW(grown, lr=0.01)
    report = other.load_state_dict(opt.state_dict(), strict=False)
    assert report.missing == ("head.weight", "head.bias")
    assert report.unexpected == ("norm.weight", "norm.bias")
    found = other.state[grown.first.weight]["exp_avg"]
    assert torch.equal(found, opt.state[model.first.weight]["exp_avg"])


def test_loaded_state_keeps_its_dtype() -> None:
    """#43706: a float32 state of a bfloat16 parameter is not rounded by loading."""
    param = nn.Parameter(torch.ones(4, dtype=torch.bfloat16))
    opt = optim.AdamW([param], lr=0.01)
    fine = torch.tensor([1.0, 1.0001, 1.0002, 1.0003])
    state = {"step": torch.tensor(3.0), "exp_avg": fine, "exp_avg_sq": fine}
    held = {**opt.state_dict(), "state": {0: state}}
    opt.load_state_dict(copy.deepcopy(held))
    assert torch.equal(opt.state[param]["exp_avg"], fine)
    param.grad = torch.zeros(4, dtype=torch.bfloat16)
    opt.step()
    torch.testing.assert_close(opt.state[param]["exp_avg"], fine * 0.9, rtol=1e-6, atol=0)


def test_a_newly_chosen_rate_survives_loading() -> None:
    """#156846, #32021: the checkpoint's rate comes back unless it is asked to stay away."""
    _, opt = trained()
    held = copy.deepcopy(opt.state_dict())
    for keep, rate in (((), 0.01), (("lr",), 0.5)):
        other = optim.AdamW(Net(), lr=0.5, weight_decay=0.3)
        other.load_state_dict(held, keep=keep)
        assert other.param_groups[0]["lr"] == rate
        assert other.param_groups[0]["weight_decay"] == 0.01


def test_a_model_cast_after_loading_goes_on() -> None:
    """#41839, #7844: the optimizer came first, then the model was moved."""
    model, opt = trained()
    learn(model, opt, range(3, 5))
    again, other = trained()
    other.load_state_dict(copy.deepcopy(other.state_dict()))
    again.double()
    for step in range(3, 5):
        other.zero_grad()
        x = torch.randn(8, 4, generator=torch.Generator().manual_seed(step)).double()
        (again(x) - x).square().mean().backward()
        other.step()
    for mine, theirs in zip(again.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(mine.float(), theirs, rtol=1e-4, atol=1e-5)


def test_many_small_tensors_are_one_table() -> None:
    """#3929, dion #63."""
    params = [nn.Parameter(torch.ones(1 + i % 7)) for i in range(500)]
    opt = optim.AdamW(params, lr=0.01)
    for param in params:
        param.grad = torch.ones_like(param)
    opt.step()
    (bucket,) = opt.explain().buckets
    assert len(bucket.paths) == 500
    assert "compiled" in bucket.backend


def test_a_changed_rate_compiles_nothing() -> None:
    """#107076, #133898, #97361: once a rule, whatever the rate and the number of parameters."""
    model, opt = trained()
    before = compiler.compiled_count()
    assert before > 0
    scheduler = optim.lr_scheduler.ExponentialLR(opt, 0.9)
    for step in range(3, 8):
        learn(model, opt, range(step, step + 1))
        scheduler.step()
        opt.param_groups[0]["betas"] = (0.5 + 0.01 * step, 0.99)
    wider = [nn.Parameter(torch.ones(3, 5)) for _ in range(40)]
    another = optim.AdamW(wider, lr=3.0, eps=1e-3)
    for param in wider:
        param.grad = torch.ones(3, 5)
    another.step()
    assert compiler.compiled_count() == before


FORMULAS = [
    name
    for name in optim.__all__
    if isinstance(getattr(optim, name), type) and name not in {"Optimizer", "Muon", "Adafactor"}
]


@pytest.mark.parametrize("kind", FORMULAS)
def test_every_rule_is_fused_on_the_cpu(kind: str) -> None:
    """#108491: most of torch's rules have no fused CPU kernel."""
    model = Net()
    opt = getattr(optim, kind)(model)
    learn(model, opt, range(2))
    told = opt.explain()
    assert not told.fell_out
    assert all("compiled" in bucket.backend for bucket in told.buckets)


def test_skips_are_reported() -> None:
    """#67590, #152279: a step that was skipped in silence."""
    model = Net()
    opt = optim.AdamW(model, lr=0.01)
    opt.when_not_finite("skip")
    opt.collect_stats()
    learn(model, opt, range(3))
    model.norm.bias.grad[0] = math.inf
    with pytest.warns(UserWarning, match=r"norm\.bias"):
        opt.step()
    assert opt.stats()["skipped"] == 0.25


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_norm_that_is_not_finite_poisons_nothing(value: float) -> None:
    """#60691, #13666: clipping by such a norm makes every gradient NaN."""
    model, opt = trained()
    opt.add_hook(GradientClipping(1.0))
    opt.when_not_finite("raise")
    before = copy.deepcopy(model.state_dict())
    opt.zero_grad()
    model(torch.ones(2, 4)).sum().backward()
    model.second.bias.grad[1] = value
    with pytest.raises(GradientError, match=r"second\.bias"):
        opt.step()
    for name, held in model.state_dict().items():
        assert torch.equal(held, before[name]), name
    learn(model, opt, range(3, 5))
    assert all(torch.isfinite(param).all() for param in model.parameters())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_eps_holds_in_half_precision(dtype: torch.dtype) -> None:
    """#147437, optax #1754: 1e-8 is 0 in float16, and 0 / 0 is NaN."""
    params = [nn.Parameter(torch.ones(3, dtype=dtype)) for _ in range(2)]
    opt = optim.Adam(params, lr=0.1)
    params[0].grad = torch.zeros(3, dtype=dtype)
    params[1].grad = torch.full((3,), 1e-6, dtype=dtype)
    opt.step()
    assert torch.equal(params[0], torch.ones(3, dtype=dtype))
    # (g² underflows in float16 storage; what is left is a long step, never NaN.)
    assert torch.isfinite(params[1]).all()


def test_no_decay_for_biases_and_norms() -> None:
    """#1402, in one line."""
    model = Net()
    opt = optim.AdamW(model, lr=0.1, weight_decay=0.5)
    opt.select(ndim=1).set(weight_decay=0)
    before = copy.deepcopy(model.state_dict())
    for param in model.parameters():
        param.grad = torch.zeros_like(param)
    opt.step()
    moved = {n for n, held in model.state_dict().items() if not torch.equal(held, before[n])}
    assert moved == {"first.weight", "second.weight"}


def test_muon_and_adamw_in_one_optimizer_and_checkpoint() -> None:
    """#160213, #177029."""
    model = Net()
    opt = optim.Muon(model, lr=0.02, adamw={"lr": 0.01})
    learn(model, opt, range(3))
    assert set(opt.state[model.first.weight]) == {"momentum_buffer"}
    assert {"exp_avg", "exp_avg_sq"} < set(opt.state[model.first.bias])
    again = Net()
    again.load_state_dict(model.state_dict())
    other = optim.Muon(again, lr=0.5)
    assert not other.load_state_dict(copy.deepcopy(opt.state_dict()))
    learn(model, opt, range(3, 6))
    learn(again, other, range(3, 6))
    for name, held in again.state_dict().items():
        assert torch.equal(held, model.state_dict()[name]), name


def test_what_is_frozen_rests() -> None:
    """fairseq #4702: decay and momentum move what has an old gradient."""
    model, opt = trained(weight_decay=0.1)
    opt.zero_grad()
    model(torch.ones(2, 4)).sum().backward()
    model.first.requires_grad_(False)
    before = model.first.weight.clone()
    opt.step()
    assert torch.equal(model.first.weight, before)
    model.first.requires_grad_(True)
    opt.step()
    assert not torch.equal(model.first.weight, before)


def test_scheduler_before_step_is_told_and_the_right_order_is_not() -> None:
    """#162591: the warning must come where it belongs, and only there."""
    opt = optim.AdamW(Net(), lr=0.1)
    scheduler = optim.lr_scheduler.StepLR(opt, 1)
    with pytest.warns(UserWarning, match=r"optimizer\.step"):
        scheduler.step()
    model = Net()
    right = optim.AdamW(model, lr=0.1)
    scheduler = optim.lr_scheduler.StepLR(right, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        learn(model, right, range(1))
        scheduler.step()


def test_resuming_with_a_scheduler_is_exact() -> None:
    """#78003: made anew in either order, loaded, and on."""

    def made() -> tuple[Net, Any, Any]:
        model = Net()
        opt = optim.AdamW(model, lr=0.1)
        return model, opt, optim.lr_scheduler.OneCycleLR(opt, 0.1, total_steps=10)

    def go(parts: tuple[Net, Any, Any], steps: range) -> list[float]:
        rates = []
        for step in steps:
            learn(parts[0], parts[1], range(step, step + 1))
            parts[2].step()
            rates.append(parts[1].param_groups[0]["lr"])
        return rates

    whole = made()
    go(whole, range(4))
    held = [copy.deepcopy(part.state_dict()) for part in whole]
    wanted = go(whole, range(4, 8))
    for order in ((0, 1, 2), (2, 1, 0)):
        again = made()
        for place in order:
            again[place].load_state_dict(copy.deepcopy(held[place]))
        assert go(again, range(4, 8)) == wanted
        for mine, theirs in zip(again[0].parameters(), whole[0].parameters(), strict=True):
            assert torch.equal(mine, theirs)


def test_update_to_weight_ratio_comes_with_the_step() -> None:
    """composer #1743, OLMo #605: measured again and again by hand."""
    model, opt = trained()
    opt.collect_stats()
    before = [param.detach().clone() for param in model.parameters()]
    learn(model, opt, range(3, 4))
    after = [param.detach() for param in model.parameters()]
    norm = lambda held: math.sqrt(sum(float(h.double().square().sum()) for h in held))  # noqa: E731
    update = [new - old for new, old in zip(after, before, strict=True)]
    found = opt.stats()
    assert found["update_ratio"] == pytest.approx(norm(update) / norm(after), rel=1e-4)
    assert found["grad_norm"] == pytest.approx(norm([p.grad for p in model.parameters()]), rel=1e-6)
    assert all(type(value) is float for value in found.values())


@pytest.mark.parametrize("word", ["alpha", "beta1", "eta", "weight_decay_rate", "weight_decai"])
def test_words_of_another_language_are_no_silent_mistake(word: str) -> None:
    """apex #1849, tensorflow/addons #2282, optax #292: decay a thousand times too strong."""
    with pytest.raises(WrongWordError, match=word):
        optim.AdamW(Net(), **{word: 0.01})
    with pytest.raises(WrongWordError, match=word):
        optim.AdamW([{"params": Net().parameters(), word: 0.01}])


def test_a_rate_that_is_no_number_is_told_at_once() -> None:
    for wrong in ("x", math.nan, -1.0):
        with pytest.raises(HyperparameterError):
            optim.Lion(Net(), lr=wrong)


def test_made_from_class_and_arguments() -> None:
    """transformers #34358, apex #978, pytorch_optimizer #200: a real torch optimizer."""
    for name in (*FORMULAS, "Muon", "Adafactor"):
        kind = getattr(optim, name)
        assert issubclass(kind, torch.optim.Optimizer)
        opt = kind(Net().parameters(), lr=0.01)
        assert opt.param_groups[0]["lr"] == 0.01
        assert opt.defaults["lr"] == 0.01


def test_gradients_are_unscaled_by_the_scaler_alone() -> None:
    """Lightning #15555, #21435: it refuses to clip for an optimizer that says it unscales."""
    assert not hasattr(optim.AdamW(Net()), "_step_supports_amp_scaling")
