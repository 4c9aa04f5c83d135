"""The face: what it takes, how groups live in both directions, what a step promises."""

from __future__ import annotations

import copy
import inspect
import pickle
from typing import Any

import pytest
import torch
from torch import nn

from catenary import links, optim
from catenary.errors import GradientError, HyperparameterError, WrongWordError
from catenary.optim import SGD, Adam, AdamW, Optimizer
from catenary.optimizer import FormulaRule, hyper, slot
from catenary.optimizer_hooks import GradientClipping, WeightDecay

CLASSES = [getattr(optim, name) for name in optim.__all__ if isinstance(getattr(optim, name), type)]


def make() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 3)).double()


def learn(model: nn.Module, *opts: Any, steps: int = 5) -> float:
    draws = torch.Generator().manual_seed(1)
    x = torch.randn(16, 4, generator=draws, dtype=torch.float64)
    loss = torch.zeros(())
    for _ in range(steps):
        for opt in opts:
            opt.zero_grad()
        loss = nn.functional.cross_entropy(model(x), torch.arange(16) % 3)
        loss.backward()
        for opt in opts:
            opt.step()
    return float(loss.detach())


def same(a: nn.Module, b: nn.Module) -> bool:
    pairs = zip(a.parameters(), b.parameters(), strict=True)
    return all(torch.equal(p, q) for p, q in pairs)


# ---- what it is given


@pytest.mark.parametrize("given", ["module", "named", "parameters", "groups", "named groups"])
def test_parameters_come_in_every_form(given: str) -> None:
    wanted, model = make(), make()
    learn(wanted, torch.optim.Adam(wanted.parameters()))
    forms = {
        "module": model,
        "named": model.named_parameters(),
        "parameters": model.parameters(),
        "groups": [{"params": model[0].parameters()}, {"params": model[2].parameters()}],
        "named groups": [{"params": model.named_parameters()}],
    }
    learn(model, Adam(forms[given]))
    for p, q in zip(model.parameters(), wanted.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-14)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_it_is_one_of_torchs(kind: Any) -> None:
    assert issubclass(kind, torch.optim.Optimizer)


@pytest.mark.parametrize("name", sorted({k.__name__ for k in CLASSES} & set(dir(torch.optim))))
def test_torchs_words_in_torchs_order_with_torchs_defaults(name: str) -> None:
    if name == "Optimizer":
        return
    theirs = inspect.signature(getattr(torch.optim, name).__init__).parameters
    ours = inspect.signature(getattr(optim, name).__init__).parameters
    accepted = {"foreach", "fused", "capturable", "differentiable"}
    assert theirs.keys() - accepted <= ours.keys()
    order = [word for word in theirs if word in ours and word not in accepted]
    positional = [w for w in order if theirs[w].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert [w for w in ours if w in positional] == positional
    for word in order:
        assert ours[word].default == theirs[word].default, word


def test_torchs_choices_of_implementation_mean_nothing() -> None:
    plain, chosen = make(), make()
    learn(plain, AdamW(plain))
    learn(chosen, AdamW(chosen, foreach=True, fused=False, capturable=True))
    assert same(plain, chosen)


@pytest.mark.parametrize(
    ("call", "error", "told"),
    [
        (lambda m: AdamW(m, alpha=1e-3), WrongWordError, "Chainer's word.*`lr`"),
        (lambda m: AdamW(m, weight_decay_rate=0.1), WrongWordError, "multiplied by lr"),
        (lambda m: AdamW(m, weigth_decay=0.1), WrongWordError, "Did you mean 'weight_decay'"),
        (lambda m: AdamW(m, lr="x"), HyperparameterError, "lr='x', a str"),
        (lambda m: AdamW(m, lr=float("nan")), HyperparameterError, "nan"),
        (lambda m: AdamW(m, lr=-1), HyperparameterError, r"lr must lie in \[0, inf\)"),
        (lambda m: AdamW(m, betas=(0.9, 1.0)), HyperparameterError, r"betas\[1\]=1.0"),
        (lambda m: AdamW(m, betas=0.9), HyperparameterError, "must be 2 numbers"),
        (lambda m: AdamW(m, betas=(0.9,)), HyperparameterError, "must be 2 numbers"),
        (lambda m: AdamW(m, amsgrad="yes"), HyperparameterError, "True or False"),
        (lambda m: AdamW(m, differentiable=True), HyperparameterError, "torch.optim.AdamW"),
        (lambda m: SGD(m, nesterov=True), HyperparameterError, "momentum above 0"),
        (lambda m: AdamW(m.weight), TypeError, "iterable"),
        (lambda m: AdamW([]), ValueError, "empty"),
        (lambda m: AdamW([m.weight, 3]), TypeError, "Tensors"),
        (lambda m: AdamW([{"params": m.parameters(), "beta1": 0.5}]), WrongWordError, "betas"),
        (lambda m: AdamW([{"params": m.parameters(), "wieght_decay": 1}]), WrongWordError, "mean"),
        (lambda m: AdamW([{"params": m.parameters(), "lr": -1}]), HyperparameterError, "lr"),
    ],
)
def test_what_goes_wrong_is_told_at_once(call: Any, error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=f"(?s){told}"):
        call(nn.Linear(2, 2))


def test_a_link_is_chainers() -> None:
    with pytest.raises(TypeError, match=r"a Link\. For Links there is catenary\.optimizers"):
        SGD(links.Linear(3, 2))  # type: ignore[arg-type]


def test_a_users_rule_becomes_a_torch_optimizer() -> None:
    class HeavyBallRule(FormulaRule):
        lr: float = hyper(default=0.01, ge=0)
        beta: float = hyper(default=0.9, ge=0, le=1)
        v = slot(0.0)

        @staticmethod
        def step(p, g, v, h):
            v = h.beta * v + g
            return p - h.lr * v, v

    class HeavyBall(Optimizer):
        rule = HeavyBallRule

    model, wanted = make(), make()
    opt = HeavyBall(model, lr=0.1)
    assert str(inspect.signature(HeavyBall)).startswith("(params, lr=0.01, beta=0.9, *,")
    learn(model, opt)
    learn(wanted, torch.optim.SGD(wanted.parameters(), lr=0.1, momentum=0.9))
    for p, q in zip(model.parameters(), wanted.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-14)
    assert set(opt.state_dict()["state"][0]) == {"step", "v"}


# ---- groups live in both directions


def test_a_written_group_is_heard_at_the_next_step() -> None:
    model, wanted = make(), make()
    opt, peer = Adam(model), torch.optim.Adam(wanted.parameters())
    for value in (1e-2, torch.tensor(3e-2, dtype=torch.float64), 0.0):
        for made in (opt, peer):
            made.param_groups[0]["lr"] = value
        learn(model, opt)
        learn(wanted, peer)
    for p, q in zip(model.parameters(), wanted.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-14)


def test_a_tensor_written_in_place_is_heard() -> None:
    model = make()
    rate = torch.tensor(0.1)
    opt = SGD(model, lr=rate)
    learn(model, opt)
    rate.fill_(0.0)
    before = copy.deepcopy(model)
    learn(model, opt)
    assert same(model, before)


def test_a_bad_value_stops_the_step_before_it_writes() -> None:
    model = make()
    opt = Adam(model)
    learn(model, opt)
    before, t = copy.deepcopy(model), float(opt.state[model[0].weight]["step"])
    opt.param_groups[0]["betas"] = (0.9, 2.0)
    with pytest.raises(HyperparameterError, match=r"param_groups\[0\].*betas\[1\]=2.0"):
        opt.step()
    assert same(model, before)
    assert float(opt.state[model[0].weight]["step"]) == t
    opt.param_groups[0]["betas"] = (0.9, 0.99)
    learn(model, opt)
    assert not same(model, before)


def test_one_name_for_all_groups() -> None:
    model = make()
    opt = SGD([{"params": model[0].parameters()}, {"params": model[2].parameters()}], lr=0.1)
    assert opt.lr == 0.1
    opt.lr = 0.5
    assert [group["lr"] for group in opt.param_groups] == [0.5, 0.5]
    opt.param_groups[1]["lr"] = 0.25
    with pytest.raises(AttributeError, match="different values of 'lr'"):
        _ = opt.lr


def test_a_group_may_be_added() -> None:
    model = make()
    opt = SGD(model[0].named_parameters(), lr=0.1)
    opt.add_param_group({"params": [("2.weight", model[2].weight)], "lr": 0.0, "colour": "red"})
    before = copy.deepcopy(model)
    learn(model, opt)
    assert torch.equal(model[2].weight, before[2].weight)
    assert not torch.equal(model[0].weight, before[0].weight)
    assert torch.equal(model[2].bias, before[2].bias)
    opt.param_groups[1]["lr"] = 0.1
    learn(model, opt)
    assert not torch.equal(model[2].weight, before[2].weight)


def test_a_bad_group_is_not_added() -> None:
    model = make()
    opt = SGD(model[0].named_parameters(), lr=0.1)
    with pytest.raises(HyperparameterError, match="lr"):
        opt.add_param_group({"params": [("2.weight", model[2].weight)], "lr": -1})
    assert len(opt.param_groups) == 1
    learn(model, opt)
    opt.add_param_group({"params": [("2.weight", model[2].weight)], "lr": 1})
    learn(model, opt)


def test_lists_of_tensors_may_be_replaced() -> None:
    model = make()
    opt = Adam(model.parameters())
    learn(model, opt)
    state = opt.state[model[0].weight]["exp_avg"].clone()
    opt.param_groups[0]["params"] = [model[0].weight]
    before = copy.deepcopy(model)
    learn(model, opt, steps=1)
    assert torch.equal(model[2].weight, before[2].weight)
    assert not torch.equal(model[0].weight, before[0].weight)
    assert not torch.equal(opt.state[model[0].weight]["exp_avg"], state)
    assert list(opt.state) == [model[0].weight]


# ---- a step


def test_a_closure_is_called_with_gradients_enabled() -> None:
    model = make()
    opt = SGD(model, lr=0.1)

    def closure() -> torch.Tensor:
        opt.zero_grad()
        loss = model(torch.ones(1, 4, dtype=torch.float64)).sum()
        loss.backward()
        return loss

    with torch.no_grad():
        first, second = opt.step(closure), opt.step(closure)
    assert second.item() < first.item()
    assert opt.step() is None


def test_gradients_are_cleared_or_zeroed() -> None:
    model = make()
    opt = SGD(model)
    model(torch.ones(1, 4, dtype=torch.float64)).sum().backward()
    kept = model[0].weight.grad
    opt.zero_grad(set_to_none=False)
    assert model[0].weight.grad is kept
    assert not kept.any()
    opt.zero_grad()
    assert model[0].weight.grad is None


def test_frozen_parameters_rest_even_with_a_gradient() -> None:
    model = make()
    opt = AdamW(model, lr=0.1)
    learn(model, opt)
    model[0].weight.requires_grad_(False)
    before = model[0].weight.clone()
    opt.step()
    assert torch.equal(model[0].weight, before)
    model[0].weight.requires_grad_(True)
    opt.step()
    assert not torch.equal(model[0].weight, before)


def test_a_stale_graph_is_an_error_and_no_wrong_number() -> None:
    model = make()
    opt = SGD(model, lr=0.1)
    loss = model(torch.ones(1, 4, dtype=torch.float64)).sum()
    loss.backward(retain_graph=True)
    opt.step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_replaced_memory_is_seen() -> None:
    model, wanted = make(), make()
    opt, peer = Adam(model, lr=0.1), torch.optim.Adam(wanted.parameters(), lr=0.1)
    learn(model, opt)
    learn(wanted, peer)
    old = model[0].weight.data
    model[0].weight.data = old.clone()
    old.zero_()
    learn(model, opt)
    learn(wanted, peer)
    assert not old.any()
    for p, q in zip(model.parameters(), wanted.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-13)


@pytest.mark.parametrize("what", ["complex", "sparse"])
def test_what_cannot_be_updated_is_told_before_anything_moves(what: str) -> None:
    plain = torch.ones(2, requires_grad=True)
    other = torch.ones(2, 2, dtype=torch.complex64 if what == "complex" else torch.float32)
    other.requires_grad_()
    opt = Adam([("plain", plain), ("other", other)])
    plain.grad = torch.ones(2)
    other.grad = torch.ones_like(other)
    if what == "sparse":
        other.grad = other.grad.to_sparse()
    with pytest.raises(GradientError, match="parameter other"):
        opt.step()
    assert torch.equal(plain, torch.ones(2))


def test_torchs_step_hooks_run() -> None:
    model = make()
    opt = SGD(model)
    called = []
    opt.register_step_pre_hook(lambda *_: called.append("pre"))
    opt.register_step_post_hook(lambda *_: called.append("post"))
    opt.step()
    assert called == ["pre", "post"]


def test_a_step_hook_may_change_how_the_step_is_called() -> None:
    opt = SGD(make())
    opt.register_step_pre_hook(lambda opt, _, __: ((opt, lambda: 5), {}))
    assert opt.step() == 5
    other = SGD(make())
    other.register_step_pre_hook(lambda opt, _, __: ((opt,), {}))
    assert other.step(lambda: 5) is None


@pytest.mark.parametrize("name", ["LBFGS", "SparseAdam"])
def test_what_stays_torchs_is_named(name: str) -> None:
    with pytest.raises(AttributeError, match=rf"torch\.optim\.{name} is torch's"):
        getattr(optim, name)
    with pytest.raises(AttributeError, match="has no attribute 'Nadam'"):
        getattr(optim, "Nadam")  # noqa: B009 - mypy knows better
    assert optim.swa_utils.AveragedModel is torch.optim.swa_utils.AveragedModel


def test_copies_go_their_own_way() -> None:
    model = make()
    opt = AdamW(model, lr=0.1)
    learn(model, opt)
    twin, twin_opt = copy.deepcopy((model, opt))
    third, third_opt = pickle.loads(pickle.dumps((model, opt)))
    for a, b in ((model, opt), (twin, twin_opt), (third, third_opt)):
        learn(a, b)
    assert same(model, twin)
    assert same(model, third)
    learn(twin, twin_opt)
    assert not same(model, twin)


@pytest.mark.parametrize("how", [copy.deepcopy, lambda pair: pickle.loads(pickle.dumps(pair))])
def test_a_copy_does_all_that_the_optimizer_does(how: Any) -> None:
    """Hooks, averages, a policy, cleared gradients: without them a copy trains otherwise."""
    model = make()
    opt = SGD(model, lr=0.5)
    opt.add_hook(GradientClipping(0.05))
    opt.select("0.weight").add_hook(WeightDecay(0.5))
    opt.average_weights(0.5)
    opt.clear_in_step()
    opt.collect_stats()
    opt.when_not_finite("raise")
    learn(model, opt)
    twin, twin_opt = how((model, opt))
    learn(model, opt)
    learn(twin, twin_opt)
    assert same(model, twin)
    assert twin_opt.stats() == opt.stats()
    assert not any(p.grad.any() for p in twin.parameters() if p.grad is not None)
    with opt.averaged_weights(), twin_opt.averaged_weights():
        assert same(model, twin)
    opt.remove_hook("GradientClipping")
    assert "GradientClipping" in str(twin_opt.explain())
    twin[0].bias.grad = torch.full_like(twin[0].bias, float("nan"))
    with pytest.raises(GradientError, match="not finite"):
        twin_opt.step()


# ---- beyond torch


def test_hooks_join_the_kernel() -> None:
    model, wanted = make(), make()
    opt = SGD(model, lr=0.5)
    opt.add_hook(WeightDecay(0.1))
    opt.add_hook(GradientClipping(0.05))
    peer = torch.optim.SGD(wanted.parameters(), lr=0.5, weight_decay=0.0)
    for _ in range(5):
        learn(model, opt, steps=1)
        peer.zero_grad()
        learn(wanted, steps=1)
        with torch.no_grad():
            for p in wanted.parameters():
                p.grad += 0.1 * p
        nn.utils.clip_grad_norm_(wanted.parameters(), 0.05)
        peer.step()
    for p, q in zip(model.parameters(), wanted.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-6)
    assert "hooks in the rules' kernels: WeightDecay, GradientClipping" in str(opt.explain())
    opt.remove_hook("WeightDecay")
    assert "WeightDecay" not in str(opt.explain())


def test_a_plain_hook_sees_each_tensor() -> None:
    model = make()
    opt = SGD(model, lr=1.0)

    def halve(rule: Any, param: Any) -> None:
        param.grad[...] *= 0.5
        seen.append((param.name, param.tensor.shape == param.array.shape))

    halve.call_for_each_param = True
    seen: list[Any] = []
    opt.add_hook(halve)
    wanted = make()
    learn(model, opt, steps=1)
    learn(wanted, torch.optim.SGD(wanted.parameters(), lr=0.5), steps=1)
    assert seen == [(name, True) for name, _ in model.named_parameters()]
    assert same(model, wanted)


def write_grad(rule: Any, param: Any) -> None:
    param.grad *= 0.5


def replace_grad(rule: Any, param: Any) -> None:
    param.grad = param.grad * 0.5


def replace_grad_by_a_tensor(rule: Any, param: Any) -> None:
    param.grad = param.tensor.grad * 0.5


def write_values(rule: Any, param: Any) -> None:
    assert (param.size, param.ndim) == (param.array.size, param.array.ndim)
    param.data *= 0.5
    param.array = param.array + 1


def forget(rule: Any, param: Any) -> None:
    if param.ndim == 1:
        param.grad = None


@pytest.mark.parametrize(
    "hook", [write_grad, replace_grad, replace_grad_by_a_tensor, write_values, forget]
)
def test_a_plain_hook_writes_as_chainers_do(hook: Any) -> None:
    """`param.grad *= 0.5` assigns, too; so `grad` and `array` must take what is assigned."""
    model = make()
    opt = SGD(model, lr=1.0)
    hook.call_for_each_param = True
    opt.add_hook(hook)
    learn(model)
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    grads = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    opt.step()
    for name, found in model.named_parameters():
        if hook is write_values:
            wanted = before[name] * 0.5 + 1 - grads[name]
        elif hook is forget:
            wanted = before[name] - grads[name] * (found.ndim != 1)
        else:
            wanted = before[name] - 0.5 * grads[name]
        torch.testing.assert_close(found.detach(), wanted, rtol=1e-14, atol=0)


def test_averaged_weights() -> None:
    model = make()
    opt = SGD(model, lr=0.1)
    opt.average_weights(0.5)
    wanted = [p.detach().clone() for p in model.parameters()]
    for _ in range(4):
        learn(model, opt, steps=1)
        wanted = [0.5 * w + 0.5 * p for w, p in zip(wanted, model.parameters(), strict=True)]
    own = copy.deepcopy(model)
    with opt.averaged_weights():
        for p, q in zip(model.parameters(), wanted, strict=True):
            torch.testing.assert_close(p, q, rtol=0, atol=1e-14)
    assert same(model, own)
    assert "averaged_param" in opt.state_dict()["state"][0]


def test_an_explanation_names_everything() -> None:
    model = make()
    opt = AdamW(model)
    learn(model, opt)
    told = str(opt.explain())
    assert told.startswith("AdamW, ")
    assert "4 parameters, 67 values of float64 (0.weight, 0.bias, 2.weight, ...)" in told
    assert "56 bytes a value" in told


def test_notebooks_show_a_table() -> None:
    model = make()
    opt = AdamW(model)
    model[0].bias.requires_grad_(False)
    learn(model, opt, steps=1)
    shown = opt.explain()._repr_html_()
    assert shown.count("<tr>") == 2
    assert "<td>56<td>1</tr>" in shown
    assert "exp_avg ← exp_avg + (1 − β₁)" in shown
    assert "<li>0.bias: left alone" in shown
