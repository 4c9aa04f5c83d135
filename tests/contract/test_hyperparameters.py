"""Every hyperparameter: documented, checked before it does harm, and called as Chainer calls it."""

from __future__ import annotations

import inspect
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from catenary import optimizer_hooks, optimizers
from catenary.errors import HyperparameterError
from catenary.optimizer import FormulaRule
from catenary.optimizer.spec import REQUIRED
from tests.strategies import (
    HOOKS,
    METHODS,
    OPTIMIZERS,
    SHAPES,
    Net,
    differing,
    draw,
    give,
    record,
    train,
)

SIGNATURES = json.loads((Path(__file__).parent / "signatures.json").read_text())
RULES = sorted({kind.rule for kind in OPTIMIZERS}, key=lambda rule: rule.__name__)
NUMBERS = [
    pytest.param(kind, name, id=f"{kind.__name__}.{name}")
    for kind in OPTIMIZERS
    for name, spec in kind.specs.items()
    if not spec.flag
]


def test_everything_public_is_discovered():
    assert {kind.__name__ for kind in OPTIMIZERS} == set(optimizers.__all__)
    assert {kind.__name__ for kind in HOOKS} <= set(optimizer_hooks.__all__)
    assert {kind.__name__ for kind in OPTIMIZERS} == set(SIGNATURES["optimizers"])
    assert {rule.__name__ for rule in RULES} == set(SIGNATURES["rules"])
    assert {*(h.__name__ for h in HOOKS), "GradientNoise"} == set(SIGNATURES["hooks"])
    assert all(issubclass(rule, FormulaRule) for rule in RULES)


def described(kind):
    """Return the text after each name in the docstring's Args section."""
    text = inspect.getdoc(kind) or ""
    match = re.search(r"Args:\n(.*?)(\n\n|$)", text, re.DOTALL)
    assert match is not None, f"{kind.__name__} has no Args section"
    entries = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", match[1], re.MULTILINE)
    return {name: " ".join(told.split()) for name, told in entries}


def range_words(spec):
    """What a docstring may say of a range."""
    if (spec.ge, spec.gt, spec.le, spec.lt) == (None,) * 4:
        return ("any number",)
    if spec.le is None and spec.lt is None:
        return (f"at least {spec.ge:g}",) if spec.ge is not None else (f"above {spec.gt:g}",)
    low = f"[{spec.ge:g}" if spec.ge is not None else f"({spec.gt:g}"
    return (f"in {low}, {spec.le:g}]" if spec.le is not None else f"in {low}, {spec.lt:g})",)


@pytest.mark.parametrize("kind", [*RULES, *HOOKS])
def test_docstrings(kind):
    told = described(kind)
    assert list(told) == list(kind.specs)
    for name, spec in kind.specs.items():
        if spec.flag:
            assert "a flag" in told[name]
            continue
        assert any(words in told[name] for words in range_words(spec)), (name, told[name])
        if spec.unit:
            assert f"[{spec.unit}]" in told[name]
        else:
            assert "no unit" in told[name] or (kind.inhomogeneous and "bare" in told[name])


def outside(spec):
    """Return values just outside the declared range, and far outside."""
    found = []
    if spec.ge is not None:
        found += [math.nextafter(spec.ge, -math.inf), spec.ge - 1, -math.inf]
    if spec.gt is not None:
        found += [spec.gt, spec.gt - 1]
    if spec.le is not None:
        found += [math.nextafter(spec.le, math.inf), spec.le + 1, math.inf]
    if spec.lt is not None:
        found += [spec.lt, spec.lt + 1]
    return found


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
@pytest.mark.parametrize("owner", ["optimizer", "rule"])
def test_outside_its_range(kind, name, owner):
    start, *grads = draw(1, 4, SHAPES, "float32")
    net = Net(start)
    opt = kind().setup(net)
    train(net, opt, grads[:1])
    before = record(net)
    holder = opt if owner == "optimizer" else net.w.update_rule
    good = getattr(opt, name)
    assert outside(kind.specs[name])
    for value in outside(kind.specs[name]):
        setattr(holder.hyperparam, name, value)
        give(net, grads[1])
        with pytest.raises(HyperparameterError, match=rf"{name}=.*must lie in"):
            opt.update()
        assert not differing(record(net), before)
        assert opt.t == 1
        assert all(np.array_equal(p.grad, grads[1][n[1:]]) for n, p in net.namedparams())
    setattr(holder.hyperparam, name, good)
    opt.update()
    assert opt.t == 2


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
def test_the_ends_of_a_range_belong_to_it_or_not(kind, name):
    spec = kind.specs[name]
    for value in (spec.ge, spec.le):
        if value is not None:
            spec.check(value)
    for value in outside(spec):
        with pytest.raises(HyperparameterError):
            spec.check(value)


@pytest.mark.parametrize(("kind", "name"), NUMBERS)
@pytest.mark.parametrize("value", [float("nan"), np.float32("nan"), "0.1", b"1", None, 1j,
                                   [1.0, 2.0], np.ones(2), Ellipsis], ids=repr)  # fmt: skip
def test_no_number(kind, name, value):
    """Refused where it is written, and the old value stays."""
    opt = kind().setup(Net({"w": np.ones(1, np.float32)}))
    rule = opt.target.w.update_rule
    before = getattr(opt, name)
    for holder in (opt, opt.hyperparam, rule, rule.hyperparam):
        with pytest.raises(HyperparameterError, match=name):
            setattr(holder, name, value)
    if value is not None:
        with pytest.raises(HyperparameterError, match=name):
            type(rule)(**{name: value})
    assert getattr(opt, name) == getattr(rule, name) == before


@pytest.mark.parametrize("hook", HOOKS)
def test_hooks_check_theirs(hook):
    values = dict.fromkeys(hook.specs, 0.5)
    for name, spec in hook.specs.items():
        for value in ("x", float("nan"), None):
            with pytest.raises(HyperparameterError, match=name):
                hook(**{**values, name: value})
        for value in outside(spec):
            with pytest.raises(HyperparameterError, match=name):
                hook(**{**values, name: value})
            net = Net({"w": np.ones(2, np.float32)})
            opt = METHODS[0].make().setup(net)
            made = hook(**values)
            opt.add_hook(made)
            setattr(made, name, value)
            give(net, {"w": np.ones(2, np.float32)})
            with pytest.raises(HyperparameterError, match=name):
                opt.update()
            assert net.w.array.tolist() == [1.0, 1.0]


def arguments(kind):
    found = list(inspect.signature(kind.__init__).parameters.values())[1:]
    return [(p.name, p.default) for p in found]


def original(table, kind):
    return [
        (name, inspect.Parameter.empty if text is None else eval(text, {}))
        for name, text in SIGNATURES[table][kind.__name__]
    ]


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_arguments_of_optimizers(kind):
    assert arguments(kind) == original("optimizers", kind)
    made = kind(*[default for _, default in original("optimizers", kind)])
    assert all(getattr(made, name) == default for name, default in original("optimizers", kind))


@pytest.mark.parametrize("rule", RULES)
def test_arguments_of_rules(rule):
    assert arguments(rule) == original("rules", rule)


@pytest.mark.parametrize("hook", HOOKS)
def test_arguments_of_hooks(hook):
    assert arguments(hook) == original("hooks", hook)
    for spec, (_, default) in zip(hook.specs.values(), original("hooks", hook), strict=True):
        assert (spec.default is REQUIRED) == (default is inspect.Parameter.empty)


def test_arguments_of_gradient_noise():
    (eta, no_default), (func, default) = arguments(optimizer_hooks.GradientNoise)
    assert no_default is inspect.Parameter.empty
    assert [[eta, None], [func, default.__name__]] == SIGNATURES["hooks"]["GradientNoise"]
