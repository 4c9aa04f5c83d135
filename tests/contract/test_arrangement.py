"""How values are arranged in tensors is of no account: cut, packed, permuted, same bits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catenary import optimizer_hooks
from catenary.expr.node import tensor, walk
from catenary.optimizer.formula_hook import trace_hook
from tests.strategies import HOOKS, METHODS, Net, draw, numbers, record, same_bits, seeds, train

SHAPES = {"a": (7,), "b": (2, 3), "c": ()}


def norms(hook):
    """The reaches of the norms that a hook takes."""
    return {
        n.value for n in walk([trace_hook(hook, tensor("p"), tensor("g"), "")]) if n.op == "norm"
    }


def run(method, values, arrays, hooks=()):
    start, *grads = arrays
    net = Net(start)
    opt = method.make(**values).setup(net)
    for hook in hooks:
        opt.add_hook(hook)
    train(net, opt, grads)
    return record(net)


def cut(arrays, place):
    return [{"a1": x["a"][:place], "a2": x["a"][place:], "b": x["b"], "c": x["c"]} for x in arrays]


def joined(found):
    """Put the two parts of `a` together again."""
    whole = {n: v for n, v in found.items() if not n.startswith(("/a1", "/a2"))}
    for name, first in found.items():
        if name.startswith("/a1"):
            second = found["/a2" + name[3:]]
            at = name.endswith("@t")
            assert not at or first == second
            whole["/a" + name[3:]] = first if at else np.concatenate([first, second])
    return whole


def packed(arrays):
    return [{"all": np.concatenate([x[n].ravel() for n in sorted(SHAPES)])} for x in arrays]


def agree(found, wanted):
    return found.keys() == wanted.keys() and all(same_bits(found[n], wanted[n]) for n in wanted)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("method", METHODS, ids=str)
@settings(max_examples=5)
@given(data=st.data(), seed=seeds, place=st.integers(0, 7))
def test_cut_packed_and_permuted(method, dtype, data, seed, place):
    values = data.draw(numbers(method.specs()))
    arrays = draw(seed, 4, SHAPES, dtype)
    hooks = [optimizer_hooks.WeightDecay(0.1), optimizer_hooks.GradientHardClipping(-1.5, 1.0)]
    plain = run(method, values, arrays, hooks)
    assert agree(joined(run(method, values, cut(arrays, place), hooks)), plain)

    whole = run(method, values, packed(arrays), hooks)
    ends = np.cumsum([0] + [int(np.prod(SHAPES[n])) for n in sorted(SHAPES)])
    for name, first, last in zip(sorted(SHAPES), ends[:-1], ends[1:], strict=True):
        for key in (k[2:] for k in plain if k.startswith("/" + name) and "@" not in k):
            part = whole["/all" + key][first:last].reshape(SHAPES[name])
            assert same_bits(part, plain["/" + name + key]), name + key

    order = np.random.default_rng(seed).permutation(7)
    turned = run(method, values, [{"a": x["a"][order]} for x in arrays], hooks)
    for key in (k for k in turned if "@" not in k):
        assert same_bits(turned[key], plain[key][order])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("hook", HOOKS)
@settings(max_examples=15)
@given(data=st.data(), seed=seeds, place=st.integers(0, 7))
def test_hooks_cut(hook, dtype, data, seed, place):
    """Without norms bit for bit; a norm over the model within rounding; a tensor's is another."""
    values = data.draw(numbers(hook.specs))
    arrays = draw(seed, 3, SHAPES, dtype)
    method = next(m for m in METHODS if str(m) == "MomentumSGD")
    plain = run(method, {"lr": 0.5}, arrays, [hook(**values)])
    if "tensor" in norms(hook):
        # Still its neighbours are of no account.
        alone = run(method, {"lr": 0.5}, [{"a": x["a"]} for x in arrays], [hook(**values)])
        assert all(same_bits(alone[n], plain[n]) for n in alone)
        return
    found = joined(run(method, {"lr": 0.5}, cut(arrays, place), [hook(**values)]))
    if not norms(hook):
        assert agree(found, plain)
    else:
        bound = 4e-15 if dtype == "float64" else 4e-7
        for name in plain:
            np.testing.assert_allclose(found[name], plain[name], rtol=bound, atol=bound)


def test_both_kinds_of_norm_are_among_the_hooks():
    assert {"model", "tensor"} == set().union(*map(norms, HOOKS))
