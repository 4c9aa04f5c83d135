"""Targets of every kind: wrapped, shared, growing, lazy, of any layout, replaced, copied."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from typing import Any

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from catenary import optim
from catenary.errors import GradientError

KINDS = ["SGD", "AdamW", "RMSprop"]
WORDS: dict[str, dict[str, Any]] = {
    "SGD": {"lr": 0.05, "momentum": 0.9},
    "AdamW": {"lr": 0.01, "weight_decay": 0.1},
    "RMSprop": {"lr": 0.01},
}


def both(kind: str) -> tuple[Any, Any]:
    """Ours and torch's class with the same words."""
    ours, theirs = getattr(optim, kind), getattr(torch.optim, kind)
    return (
        lambda params, **words: ours(params, **WORDS[kind], **words),
        lambda params, **words: theirs(params, **WORDS[kind], **words),
    )


def net(seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2)).double()


def batch(step: int) -> tuple[torch.Tensor, torch.Tensor]:
    draws = torch.Generator().manual_seed(step)
    x = torch.randn(16, 4, generator=draws, dtype=torch.float64)
    return x, torch.stack([x.sum(1), x.prod(1)], 1)


def learn(model: nn.Module, opt: Any, steps: range) -> None:
    for step in steps:
        opt.zero_grad()
        x, y = batch(step)
        F.mse_loss(model(x), y).backward()
        opt.step()


def assert_same(found: nn.Module, wanted: nn.Module) -> None:
    theirs = dict(wanted.named_parameters())
    for name, held in found.named_parameters():
        torch.testing.assert_close(held, theirs[name], rtol=1e-10, atol=1e-12)


# ---- torch.compile


def compiled(model: nn.Module) -> Any:
    torch._dynamo.reset()
    return torch.compile(model, backend="eager")


def test_a_compiled_module_has_its_own_names() -> None:
    model = net()
    opt = optim.AdamW(compiled(model), lr=0.01)
    names = [name for name, _ in model.named_parameters()]
    assert opt.param_groups[0]["param_names"] == names
    assert opt.select("0.*").names == ("0.weight", "0.bias")
    pairs = optim.AdamW(compiled(model).named_parameters(), lr=0.01)
    assert pairs.param_groups[0]["param_names"] == names


@pytest.mark.filterwarnings("ignore")  # whatever the tracer of the day has to say
def test_a_compiled_module_learns_as_a_plain_one() -> None:
    model, plain = net(), net()
    wrapped = compiled(model)
    opt, other = optim.AdamW(wrapped, lr=0.01), optim.AdamW(plain, lr=0.01)
    learn(wrapped, opt, range(3))
    learn(plain, other, range(3))
    assert_same(model, plain)
    assert not other.load_state_dict(opt.state_dict())
    assert not opt.load_state_dict(other.state_dict())


@pytest.mark.filterwarnings("ignore")  # whatever the tracer of the day has to say
@pytest.mark.parametrize("kind", ["SGD", "AdamW", "SGDScheduleFree"])
@pytest.mark.parametrize("what", ["step", "method", "everything"])
def test_a_compiled_step_is_the_plain_one(kind: str, what: str) -> None:
    """torch's tutorial compiles ``opt.step()``; the tracer fell over our step's Python."""
    model, plain = net(), net()
    opt, other = (getattr(optim, kind)(m, lr=0.01) for m in (model, plain))
    learn(plain, other, range(3))

    def step() -> None:
        opt.step()

    def turn(seed: int) -> None:
        opt.zero_grad()
        x, y = batch(seed)
        F.mse_loss(model(x), y).backward()
        move()

    torch._dynamo.reset()
    move: Any = opt.step
    if what != "everything":
        move = torch.compile({"step": step, "method": opt.step}[what], backend="eager")
    whole = torch.compile(turn, backend="eager") if what == "everything" else turn
    for seed in range(3):
        whole(seed)
    assert_same(model, plain)


def test_activation_checkpointing_changes_no_name() -> None:
    from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper

    model, wrapped = net(), net()
    wrapped[0] = checkpoint_wrapper(wrapped[0])
    opt, other = optim.AdamW(wrapped, lr=0.01), optim.AdamW(model, lr=0.01)
    learn(wrapped, opt, range(3))
    learn(model, other, range(3))
    assert not other.load_state_dict(opt.state_dict())
    for mine, theirs in zip(wrapped.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(mine, theirs)


# ---- shared


class Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.inside = nn.Embedding(7, 4).double()
        self.outside = nn.Linear(4, 7, bias=False).double()
        self.outside.weight = self.inside.weight

    def forward(self, words: torch.Tensor) -> torch.Tensor:
        return self.outside(self.inside(words))


@pytest.mark.parametrize("kind", KINDS)
def test_shared_parameters_move_once(kind: str) -> None:
    models = Tied(), Tied()
    for model, make in zip(models, both(kind), strict=True):
        opt = make(model.named_parameters())
        for step in range(5):
            opt.zero_grad()
            words = torch.arange(step, step + 3) % 7
            F.cross_entropy(model(words), (words + 1) % 7).backward()
            opt.step()
    assert_same(*models)
    assert len(optim.AdamW(models[0], lr=0.1).param_groups[0]["params"]) == 1


# ---- parameters that come and go


@pytest.mark.parametrize("kind", KINDS)
def test_parameters_come_and_go(kind: str) -> None:
    models = net(), net()
    for model, make in zip(models, both(kind), strict=True):
        opt = make([{"params": list(model[0].parameters())}])
        learn(model, opt, range(3))
        opt.add_param_group({"params": list(model[2].parameters()), "lr": 0.02})
        learn(model, opt, range(3, 6))
        opt.param_groups[0]["params"] = [model[0].weight]
        opt.param_groups[1]["params"].append(model[0].bias)
        learn(model, opt, range(6, 9))
        del opt.param_groups[0]
        learn(model, opt, range(9, 12))
    assert_same(*models)


def test_a_parameter_swapped_in_place_of_another_is_seen() -> None:
    """``params[i] = new`` changes neither the list nor its length."""
    models = net(), net()
    for model, make in zip(models, both("AdamW"), strict=True):
        opt = make(model.parameters())
        learn(model, opt, range(2))
        model[2].bias = nn.Parameter(torch.ones(2, dtype=torch.float64))
        opt.param_groups[0]["params"][3] = model[2].bias
        learn(model, opt, range(2, 5))
    assert_same(*models)


# ---- lazy


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore:Lazy modules:UserWarning")
def test_an_optimizer_made_before_the_first_forward(kind: str) -> None:
    models = [nn.Sequential(nn.LazyLinear(8), nn.Tanh(), nn.LazyLinear(2)) for _ in range(2)]
    for model, make in zip(models, both(kind), strict=True):
        opt = make(model.parameters())
        torch.manual_seed(0)
        model(batch(0)[0].float())
        for step in range(4):
            opt.zero_grad()
            x, y = (half.float() for half in batch(step))
            F.mse_loss(model(x), y).backward()
            opt.step()
    for mine, theirs in zip(*(model.parameters() for model in models), strict=True):
        torch.testing.assert_close(mine, theirs)


@pytest.mark.filterwarnings("ignore:Lazy modules:UserWarning")
def test_a_lazy_model_can_be_looked_at() -> None:
    model = nn.Sequential(nn.LazyLinear(8), nn.Linear(8, 2))
    opt = optim.AdamW(model, lr=0.1)
    opt.step()
    opt.zero_grad()
    assert opt.state_dict()["state"] == {}
    assert len(opt.explain().buckets) <= 1
    assert opt.select("1.*").names == ("1.weight", "1.bias")


# ---- layouts


def laid_out() -> list[nn.Parameter]:
    torch.manual_seed(0)
    made = [
        torch.randn(6, 4).t(),
        torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last),
        torch.randn(2, 3, 2, 2, 2).to(memory_format=torch.channels_last_3d),
        torch.randn(8, 6)[::2, ::3],
        torch.randn(3, 4),
    ]
    return [nn.Parameter(held) for held in made]


@pytest.mark.parametrize("kind", KINDS)
def test_any_layout_in_the_compiled_kernel(kind: str) -> None:
    ours, theirs = laid_out(), laid_out()
    mine, other = (make(p) for make, p in zip(both(kind), (ours, theirs), strict=True))
    for step in range(6):
        torch.manual_seed(step)
        for a, b in zip(ours, theirs, strict=True):
            # Gradients lie as the parameter, otherwise, or otherwise again.
            grad = torch.randn(a.shape)
            a.grad = grad.clone() if step % 2 else torch.empty_like(a).copy_(grad)
            b.grad = grad.clone()
        mine.step()
        other.step()
    for a, b in zip(ours, theirs, strict=True):
        torch.testing.assert_close(a, b)
        assert a.stride() == b.stride()
    dense, with_holes = mine.explain().buckets
    assert dense.paths == ("0", "1", "2", "4")
    assert "compiled" in dense.backend
    assert "NumPy" in with_holes.backend


def test_gaps_between_elements_stay_as_they_are() -> None:
    whole = torch.arange(24.0).reshape(4, 6)
    param = nn.Parameter(whole[:, ::2])
    opt = optim.SGD([param], lr=1.0)
    param.grad = torch.ones(4, 3)
    opt.step()
    assert torch.equal(whole[:, 1::2], torch.arange(24.0).reshape(4, 6)[:, 1::2])
    assert torch.equal(whole[:, ::2], torch.arange(24.0).reshape(4, 6)[:, ::2] - 1)


def test_a_model_turned_to_channels_last_goes_on() -> None:
    models = [nn.Conv2d(3, 4, 3) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    x = torch.randn(2, 3, 8, 8)
    for model, make in zip(models, both("AdamW"), strict=True):
        opt = make(model.parameters())
        for step in range(6):
            if step == 3:
                model.to(memory_format=torch.channels_last)
            opt.zero_grad()
            model(x).square().mean().backward()
            opt.step()
    for mine, theirs in zip(*(model.parameters() for model in models), strict=True):
        torch.testing.assert_close(mine, theirs)


# ---- refused


def test_a_complex_parameter_is_a_clear_error() -> None:
    real, odd = nn.Parameter(torch.ones(2)), nn.Parameter(torch.ones(2, dtype=torch.complex64))
    opt = optim.AdamW([("real", real), ("odd", odd)], lr=0.1)
    real.grad, odd.grad = torch.ones(2), torch.ones(2, dtype=torch.complex64)
    with pytest.raises(GradientError, match=r"odd.*complex64"):
        opt.step()
    assert torch.equal(real, torch.ones(2))
    assert not opt.state


@pytest.mark.parametrize("first", [True, False], ids=["first-step", "later"])
def test_a_sparse_gradient_is_a_clear_error(first: bool) -> None:
    torch.manual_seed(0)
    model = nn.ModuleDict({"plain": nn.Linear(2, 2), "table": nn.Embedding(5, 3)})
    opt = optim.AdamW(model, lr=0.1)

    def gradients(*, sparse: bool) -> None:
        opt.zero_grad()
        table = model["table"]
        table.sparse = sparse
        (table(torch.tensor([1, 2])).sum() + model["plain"](torch.ones(2)).sum()).backward()

    if not first:
        gradients(sparse=False)
        opt.step()
    before = copy.deepcopy(model.state_dict())
    step = [float(state["step"]) for state in opt.state.values()]
    gradients(sparse=True)
    with pytest.raises(GradientError, match=r"table\.weight.*sparse"):
        opt.step()
    for name, held in model.state_dict().items():
        assert torch.equal(held, before[name])
    assert [float(state["step"]) for state in opt.state.values()] == step
    gradients(sparse=False)
    opt.step()
    assert not torch.equal(model["table"].weight, before["table.weight"])


def test_a_group_without_its_rate_is_an_error_as_in_torch() -> None:
    """A default in silence would train on at another rate."""
    models, errors = (net(), net()), []
    for model, make in zip(models, both("SGD"), strict=True):
        opt = make(model.parameters())
        learn(model, opt, range(2))
        rate = opt.param_groups[0].pop("lr")
        with pytest.raises(KeyError) as raised:
            learn(model, opt, range(2, 3))
        errors.append(str(raised.value))
        opt.param_groups[0]["lr"] = rate
        learn(model, opt, range(2, 4))
    assert errors[0].startswith("param_groups[0] has no 'lr', which SGDRule needs. Write ")
    assert_same(*models)


def test_a_group_from_an_older_file_gets_what_it_does_not_know() -> None:
    model = net()
    opt = optim.AdamW(model, lr=0.5)
    learn(model, opt, range(2))
    state = opt.state_dict()
    del state["param_groups"][0]["decoupled_weight_decay"]
    again = optim.AdamW(net())
    again.load_state_dict(state)
    assert again.param_groups[0]["decoupled_weight_decay"] is True
    learn(model, opt, range(2, 4))


# ---- behind our back


@pytest.mark.parametrize("kind", KINDS)
def test_memory_replaced_behind_our_back(kind: str) -> None:
    models = net(), net()
    for model, make in zip(models, both(kind), strict=True):
        opt = make(model.parameters())
        learn(model, opt, range(2))
        for param in model.parameters():
            param.data = param.data * 0.5
        learn(model, opt, range(2, 4))
        model.load_state_dict({k: v * 2 for k, v in model.state_dict().items()}, assign=False)
        learn(model, opt, range(4, 6))
        with torch.no_grad():
            model[0].weight.copy_(torch.ones(8, 4))
        learn(model, opt, range(6, 8))
    assert_same(*models)


def test_a_model_cast_after_the_optimizer_was_made() -> None:
    model = net().float()
    opt = optim.SGD(model, lr=0.1)
    model.double()
    learn(model, opt, range(2))
    assert all(param.dtype == torch.float64 for param in model.parameters())


# ---- copies


def test_a_deep_copy_of_both_goes_its_own_way() -> None:
    model = net()
    opt = optim.AdamW(model, lr=0.01)
    opt.select("*.bias").set(weight_decay=0)
    learn(model, opt, range(3))
    twin, twins = copy.deepcopy((model, opt))
    before = copy.deepcopy(model.state_dict())
    learn(twin, twins, range(3, 6))
    for name, held in model.state_dict().items():
        assert torch.equal(held, before[name])
    learn(model, opt, range(3, 6))
    for name, held in model.state_dict().items():
        assert torch.equal(held, twin.state_dict()[name])


def roundtrip(held: Any) -> Any:
    return pickle.loads(pickle.dumps(held))


def through_torch(held: Any) -> Any:
    place = io.BytesIO()
    torch.save(held, place)
    place.seek(0)
    return torch.load(place, weights_only=False)


@pytest.mark.parametrize("how", [roundtrip, through_torch])
@pytest.mark.parametrize("kind", ["AdamW", "Muon", "AdamWScheduleFree"])
def test_a_pickled_optimizer_resumes(kind: str, how: Any) -> None:
    model = net()
    opt = getattr(optim, kind)(model, lr=0.01)
    learn(model, opt, range(3))
    twin, twins = how((model, opt))
    learn(twin, twins, range(3, 6))
    learn(model, opt, range(3, 6))
    for name, held in model.state_dict().items():
        assert torch.equal(held, twin.state_dict()[name])
    assert twins.param_groups[0]["param_names"] == opt.param_groups[0]["param_names"]


def _child(model: Any, opt: Any, done: Any) -> None:
    learn(model, opt, range(3, 6))
    done.put([param.detach().numpy() for param in model.parameters()])


@pytest.mark.slow
def test_an_optimizer_sent_to_a_process() -> None:
    model = net()
    opt = optim.AdamW(model, lr=0.01)
    learn(model, opt, range(3))
    context = torch.multiprocessing.get_context("spawn")
    done = context.Queue()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        process = context.Process(target=_child, args=(copy.deepcopy(model), None, done))
        process = context.Process(target=_child, args=(*copy.deepcopy((model, opt)), done))
        process.start()
        found = done.get(timeout=120)
        process.join(timeout=60)
    learn(model, opt, range(3, 6))
    for mine, theirs in zip(model.parameters(), found, strict=True):
        torch.testing.assert_close(mine.detach(), torch.from_numpy(theirs))


# ---- gradients that no backward pass brought


def test_gradients_by_hand_on_tensors_that_ask_for_none_are_told() -> None:
    """Evolution strategies and `torch.func` give gradients to what requires none."""
    weights = {name: p.detach().clone() for name, p in net().named_parameters()}
    opt = optim.SGD(weights.values(), lr=0.1)
    opt.step()  # nothing to tell
    for held in weights.values():
        held.grad = torch.ones_like(held)
    with pytest.warns(UserWarning, match=r"nothing was updated: 0, 1, 2, \.\.\. have gradients"):
        opt.step()
    weights["0.bias"].requires_grad_()
    before = weights["0.bias"].clone()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        opt.step()
    torch.testing.assert_close(weights["0.bias"], before - 0.1)


@pytest.mark.parametrize("seen_before", [False, True])
def test_a_gradient_of_another_dtype_is_refused(seen_before: bool) -> None:
    """A kernel reads it at the parameter's width: it took wrong numbers, or those behind it."""
    held = nn.Parameter(torch.ones(3))
    opt = optim.SGD([held], lr=0.1, momentum=0.9)
    held.grad = torch.ones(3)
    if seen_before:
        opt.step()
    before = held.detach().clone()
    held.data = held.data.half()
    with pytest.raises(GradientError, match=r"0 has dtype torch\.float16 and a gradient of torch"):
        opt.step()
    assert torch.equal(held.float(), before.half().float())
    held.grad = held.grad.half()
    opt.step()
    torch.testing.assert_close(
        held.float(), before - (0.19 if seen_before else 0.1), rtol=1e-3, atol=0
    )
