"""Rules that compute with whole tensors: Muon and Adafactor, and a user's own."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing._internal.common_optimizers import optim_db

from catenary import Link, Parameter, optimizers
from catenary.errors import HyperparameterError, TraceError, WrongWordError
from catenary.optim import SGD, Adafactor, AdamW, Muon, Optimizer
from catenary.optim.muon import MuonRule, orthogonalized
from catenary.optimizer import MatrixRule, hyper, slot
from catenary.optimizer_hooks import GradientClipping
from tests.optim.test_optimizer import learn, make, same
from tests.optim.training import SHAPES, distance, parameters, train

INFOS = {info.name: info for info in optim_db}
FACTORED = [dict(made.kwargs) for made in INFOS["Adafactor"].optim_inputs_func(device="cpu")]
ORTHOGONAL = [dict(made.kwargs) for made in INFOS["Muon"].optim_inputs_func(device="cpu")]
ORTHOGONAL += [{"adjust_lr_fn": "match_rms_adamw"}, {"nesterov": False}, {"weight_decay": 0.0}]
MATRICES = ((3, 4), (6, 2), (3, 4), (5, 5))


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32], ids=str)
@pytest.mark.parametrize("words", FACTORED, ids=str)
def test_adafactor_goes_torchs_way(words: Any, dtype: torch.dtype) -> None:
    words = {word: value for word, value in words.items() if word != "foreach"}
    shapes = tuple(shape for shape in SHAPES if 0 not in shape)
    mine, theirs = parameters(dtype, shapes), parameters(dtype, shapes)
    opt = Adafactor(mine, **words)
    peer = torch.optim.Adafactor(theirs, foreach=False, **words)
    off = distance(train(opt, mine, range(100)), train(peer, theirs, range(100)))
    assert off <= {torch.float64: 1e-10, torch.float32: 2e-6}[dtype]


def test_adafactor_resumes_from_torch_and_back() -> None:
    whole, first = parameters(torch.float64, MATRICES), parameters(torch.float64, MATRICES)
    wanted = train(torch.optim.Adafactor(whole), whole, range(30))
    opt: Any = torch.optim.Adafactor(first)
    path = train(opt, first, range(10))
    for kind, steps in ((Adafactor, range(10, 20)), (torch.optim.Adafactor, range(20, 30))):
        resumed = kind(first)
        resumed.load_state_dict(opt.state_dict())
        opt = resumed
        path += train(opt, first, steps)
    assert distance(path, wanted) < 1e-10


def by_the_paper(
    w: Any, b: Any, g: Any, *, lr: float, decay: float, momentum: float, nesterov: bool, fit: bool
) -> tuple[Any, Any]:
    """One step of Muon in NumPy float64, written from the paper."""
    b = momentum * b + (1 - momentum) * g
    x = (1 - momentum) * g + momentum * b if nesterov else b
    flipped = x.shape[0] > x.shape[1]
    x = x.T if flipped else x
    x = x / max(np.linalg.norm(x), 1e-7)
    for _ in range(5):
        y = x @ x.T
        x = 3.4445 * x + (-4.7750 * y + 2.0315 * y @ y) @ x
    x = x.T if flipped else x
    rows, columns = w.shape
    scale = 0.2 * max(rows, columns) ** 0.5 if fit else max(1, rows / columns) ** 0.5
    return w - lr * decay * w - lr * scale * x, b


@pytest.mark.parametrize("nesterov", [True, False])
@pytest.mark.parametrize("fit", [True, False])
def test_muon_is_the_papers_formula(nesterov: bool, fit: bool) -> None:
    params = parameters(torch.float64, MATRICES)
    expected = [(p.detach().numpy().copy(), np.zeros(p.shape)) for p in params]
    opt = Muon(
        params, lr=0.05, weight_decay=0.3, momentum=0.8, nesterov=nesterov,
        adjust_lr_fn="match_rms_adamw" if fit else None,
    )  # fmt: skip
    draws = torch.Generator().manual_seed(3)
    for _ in range(30):
        for place, p in enumerate(params):
            p.grad = torch.randn(p.shape, generator=draws, dtype=p.dtype)
            w, b = expected[place]
            expected[place] = by_the_paper(
                w, b, p.grad.numpy(), lr=0.05, decay=0.3, momentum=0.8, nesterov=nesterov, fit=fit
            )
        opt.step()
    for p, (w, _) in zip(params, expected, strict=True):
        np.testing.assert_allclose(p.detach().numpy(), w, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("words", ORTHOGONAL, ids=str)
def test_muon_stays_near_torchs_in_bfloat16(words: Any) -> None:
    """torch orthogonalises in bfloat16, 3 digits; over 20 steps the paths stay that close."""
    mine, theirs = parameters(torch.float32, MATRICES), parameters(torch.float32, MATRICES)
    paths = [
        train(opt, held, range(20))
        for opt, held in ((Muon(mine, **words), mine), (torch.optim.Muon(theirs, **words), theirs))
    ]
    moved = distance([paths[1][0]], [paths[1][-1]])
    assert distance(*paths) < 0.05 * moved
    again = torch.optim.Muon(theirs, **words)
    again.load_state_dict(Muon(mine, **words).state_dict())


def test_singular_values_come_near_one() -> None:
    draws = torch.Generator().manual_seed(0)
    x = torch.randn(3, 6, 20, generator=draws, dtype=torch.float64)
    u = orthogonalized(x, (3.4445, -4.7750, 2.0315), 5, 1e-7)
    values = torch.linalg.svdvals(u)
    assert (values > 0.6).all()
    assert (values < 1.3).all()
    turned = orthogonalized(x.mT, (3.4445, -4.7750, 2.0315), 5, 1e-7)
    torch.testing.assert_close(turned, u.mT)


def test_matrices_go_to_muon_and_the_rest_to_adamw() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Embedding(5, 4), nn.Linear(4, 4), nn.LayerNorm(4))
    opt = Muon(model, lr=0.02, adamw={"lr": 3e-4, "weight_decay": 0.0})
    opt.select(within=nn.Embedding).use(AdamW, lr=1e-3)
    rules = {
        name: (group.get("rule", "MuonRule"), group["lr"])
        for group in opt.param_groups
        for name in group["param_names"]
    }
    assert rules == {
        "0.weight": ("AdamWRule", 1e-3), "1.weight": ("MuonRule", 0.02),
        "1.bias": ("AdamWRule", 3e-4), "2.weight": ("AdamWRule", 3e-4),
        "2.bias": ("AdamWRule", 3e-4),
    }  # fmt: skip
    with pytest.raises(WrongWordError, match="alpha"):
        Muon(make(), adamw={"alpha": 1})
    with pytest.raises(HyperparameterError, match="one of None, 'original'"):
        Muon(make(), adjust_lr_fn="best")
    with pytest.raises(HyperparameterError, match="ns_steps"):
        Muon(make(), ns_steps=100)


def test_one_checkpoint_for_both_rules() -> None:
    model = make()
    opt = Muon(model, lr=0.02)
    learn(model, opt)
    twin = copy.deepcopy(model)
    again = Muon(twin)
    again.load_state_dict(opt.state_dict())
    learn(model, opt)
    learn(twin, again)
    assert same(model, twin)


def test_matrices_of_one_shape_run_together() -> None:
    calls = []

    class CountedRule(MuonRule):
        @staticmethod
        def step(p, g, momentum_buffer, h):
            calls.append(tuple(p.shape))
            return MuonRule.step(p, g, momentum_buffer, h)

    class Counted(Optimizer):
        rule = CountedRule

    params, alone = parameters(torch.float64, MATRICES), parameters(torch.float64, MATRICES)
    together, single = Counted(params), [Muon([p]) for p in alone]
    for held in (params, alone):
        for p in held:
            p.grad = p.detach() + 1
    together.step()
    assert sorted(calls) == [(1, 5, 5), (1, 6, 2), (2, 3, 4)]
    for opt in single:
        opt.step()
    assert distance([detached(params)], [detached(alone)]) < 1e-14


def detached(params: Any) -> list[torch.Tensor]:
    return [param.detach() for param in params]


def test_clipping_covers_matrices_and_the_rest() -> None:
    class PlainRule(MatrixRule):
        lr: float = hyper(default=1.0)

        @staticmethod
        def step(p, g, h):
            return p - h.lr * g

    class Plain(Optimizer):
        rule = PlainRule

    ours, theirs = make(), make()
    opt = Plain(ours)
    opt.select(ndim=1).use(SGD, lr=1.0)
    opt.add_hook(GradientClipping(0.05))
    learn(ours, opt, steps=1)
    peer = torch.optim.SGD(theirs.parameters(), lr=1.0)
    learn(theirs, steps=1)
    nn.utils.clip_grad_norm_(theirs.parameters(), 0.05)
    peer.step()
    for p, q in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(p, q, rtol=0, atol=1e-6)


def test_a_matrix_rule_serves_chainers_language_too() -> None:
    class Centered(optimizers.SGD):
        class rule(MatrixRule):
            lr: float = hyper(default=0.01)
            mean = slot(0.0)

            @staticmethod
            def step(p, g, mean, h):
                mean = 0.5 * mean + 0.5 * g
                return p - h.lr * (mean - mean.mean(-1, keepdim=True)), mean

    model = Link()
    with model.init_scope():
        model.w = Parameter(np.eye(2, dtype=np.float32))
        model.h = Parameter(np.eye(2, dtype=np.float16))
    opt = Centered(lr=1.0).setup(model)
    opt.use_fp32_update()
    for param in model.params():
        param.grad = np.array([[2, 0], [0, 4]], param.dtype)
    opt.update()
    expected = np.eye(2) - np.array([[0.5, -0.5], [-1, 1]])
    assert np.array_equal(model.w.array, expected)
    assert np.array_equal(model.h.array, expected)
    assert model.w.update_rule.t == model.h.update_rule.t == 1


def test_a_step_with_wrong_arguments_shows_where_it_is_written() -> None:
    with pytest.raises(TraceError, match=r"must take \(p, g, v, h\)"):

        class _Wrong(MatrixRule):
            v = slot(0.0)

            @staticmethod
            def step(p, g, h):
                return p
