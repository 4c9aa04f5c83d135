"""Measuring the loss or the parameters in other units moves nothing."""

from __future__ import annotations

import itertools
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.units import Unit
from tests.strategies import (
    HOOKS,
    METHODS,
    SHAPES,
    Method,
    Net,
    draw,
    give,
    numbers,
    record,
    same_bits,
    seeds,
    train,
)

PARAM, GRAD = Unit(p=1), Unit(p=-1, L=1)
EXPONENTS = st.integers(-6, 6)


def unit_of(method, name):
    """The declared unit; a flag may give another one, and then the docstring says so."""
    if name == "eps" and ("eps_inside_sqrt", True) in method.flags:
        return Unit.read("L²/p²")
    return Unit.read(method.specs()[name].unit)


def measured(arrays, unit, scales):
    return {name: np.asarray(a * unit.factor(*scales)) for name, a in arrays.items()}


def run(method, values, arrays, units, scales):
    """Train in the units `scales`; return the record."""
    start, *grads = arrays
    net = Net(measured(start, PARAM, scales))
    opt = method.make(**{n: v * units[n].factor(*scales) for n, v in values.items()}).setup(net)
    train(net, opt, [measured(g, GRAD, scales) for g in grads])
    return record(net)


def power_between(found, wanted):
    """Return k of found == wanted · 2**k; None where zeros say nothing, NaN without one."""
    finite = np.isfinite(wanted) & (wanted != 0)
    if not finite.any():
        return None if same_bits(found, wanted) else np.nan
    k = np.round(np.log2(np.abs(found[finite][0] / wanted[finite][0])))
    return k if same_bits(found, wanted * 2.0**k) else np.nan


def is_same_run(plain, other, scales):
    """Whether parameters moved alike, and every state changed by one power of two."""
    for name, wanted in plain.items():
        found = other[name]
        if "@" in name:
            if found != wanted:
                return False
        elif "." in name:
            power = power_between(found, wanted)
            if power is not None and np.isnan(power):
                return False
        elif not same_bits(found, wanted * PARAM.factor(*scales)):
            return False
    return True


HOMOGENEOUS = [m for m in METHODS if not m.kind.rule.inhomogeneous]
OTHERS = [m for m in METHODS if m.kind.rule.inhomogeneous]


@pytest.mark.parametrize("method", HOMOGENEOUS, ids=str)
@settings(max_examples=15)
@given(data=st.data(), seed=seeds, log2_p=EXPONENTS, log2_loss=EXPONENTS)
def test_units(method, data, seed, log2_p, log2_loss):
    values = data.draw(numbers(method.specs()))
    arrays = draw(seed, 4, SHAPES, "float64")
    units = {name: unit_of(method, name) for name in values}
    plain = run(method, values, arrays, units, (0, 0))
    other = run(method, values, arrays, units, (log2_p, log2_loss))
    assert is_same_run(plain, other, (log2_p, log2_loss))


@pytest.mark.parametrize("method", HOMOGENEOUS, ids=str)
@pytest.mark.parametrize("scales", [(1, 0), (0, 1)], ids=["p", "L"])
def test_a_wrong_unit_shows(method, scales):
    """The test above can fail: with any other unit of any one hyperparameter the run is another."""
    values = dict.fromkeys(method.specs(), 0.25)
    if "momentum" in values and "alpha" in values:
        values["alpha"] = 0.75
    arrays = draw(1, 4, {"w": (8,)}, "float64")
    units = {name: unit_of(method, name) for name in values}
    plain = run(method, values, arrays, units, (0, 0))
    assert is_same_run(plain, run(method, values, arrays, units, scales), scales)
    silent = {"final_lr", "gamma"} if ("adabound", False) in method.flags else set()
    for name in values.keys() - silent:
        if method.specs()[name].le == 1 or method.specs()[name].lt == 1:
            continue
        wrong = {**units, name: Unit(units[name].p + 1, units[name].L + 1)}
        assert not is_same_run(plain, run(method, values, arrays, wrong, scales), scales), name


@pytest.mark.parametrize("method", OTHERS, ids=str)
def test_what_says_it_has_no_units_has_none(method):
    """No assignment of units to the hyperparameters makes the formula homogeneous."""
    arrays = draw(2, 3, {"w": (4,)}, "float64")
    values = dict.fromkeys(method.specs(), 0.5)
    free = [n for n, s in method.specs().items() if s.le is None and s.lt is None]
    assert not any(method.specs()[n].unit for n in free)
    plain = run(method, values, arrays, dict.fromkeys(values, Unit()), (0, 0))
    candidates = [Unit(p, loss) for p in range(-2, 3) for loss in range(-2, 3)]
    for chosen in itertools.product(candidates, repeat=len(free)):
        units = {**dict.fromkeys(values, Unit()), **dict(zip(free, chosen, strict=True))}
        assert not all(
            is_same_run(plain, run(method, values, arrays, units, scales), scales)
            for scales in ((3, 0), (0, 3))
        ), chosen


def transformed(hook, values, arrays, units, scales):
    """Return what a hook makes of gradients in the units `scales`."""
    start, grads = arrays
    net = Net(measured(start, PARAM, scales))
    opt = Method(METHODS[0].kind, METHODS[0].flags).make().setup(net)
    give(net, measured(grads, GRAD, scales))
    made = hook(**{n: v * units[n].factor(*scales) for n, v in values.items()})
    opt.call_hook(made)
    return {path: p.grad.copy() for path, p in net.namedparams()}


def hook_units(hook):
    return {name: Unit.read(spec.unit) for name, spec in hook.specs.items()}


@pytest.mark.parametrize("hook", [h for h in HOOKS if not h.inhomogeneous])
@settings(max_examples=25)
@given(data=st.data(), seed=seeds, log2_p=EXPONENTS, log2_loss=EXPONENTS)
def test_units_of_hooks(hook, data, seed, log2_p, log2_loss):
    values = data.draw(numbers(hook.specs))
    arrays = draw(seed, 2, SHAPES, "float64")
    plain = transformed(hook, values, arrays, hook_units(hook), (0, 0))
    scales = (log2_p, log2_loss)
    other = transformed(hook, values, arrays, hook_units(hook), scales)
    assert all(same_bits(other[n], plain[n] * GRAD.factor(*scales)) for n in plain)


@pytest.mark.parametrize("hook", [h for h in HOOKS if h.inhomogeneous])
def test_hooks_that_say_they_have_no_units_have_none(hook):
    arrays = draw(3, 2, {"w": (4,)}, "float64")
    values = dict.fromkeys(hook.specs, 0.25)
    plain = transformed(hook, values, arrays, hook_units(hook), (0, 0))
    for scales in ((3, 0), (0, 3)):
        other = transformed(hook, values, arrays, hook_units(hook), scales)
        assert not all(same_bits(other[n], plain[n] * GRAD.factor(*scales)) for n in plain)


@pytest.mark.parametrize("method", METHODS, ids=str)
def test_docstrings_state_the_units_of_states(method):
    """What the docstring's `Units:` line says of a state is the power that is measured."""
    text = " ".join((method.kind.rule.__doc__ or "").split())
    line = re.search(r"Units: (.*?)(for a parameter|none hold)", text)
    assert line is not None, "the docstring has no `Units:` line"
    if method.kind.rule.inhomogeneous:
        assert line.group(2) == "none hold"
        return
    stated = {}
    for names, unit in re.findall(r"([^\[\]]+)\[([^\]]+)\]", line.group(1)):
        stated.update(dict.fromkeys(re.findall(r"\w+̂?̄?", names), Unit.read(unit)))
    values = dict.fromkeys(method.specs(), 0.25)
    units = {name: unit_of(method, name) for name in values}
    arrays = draw(1, 3, {"w": (6,)}, "float64")
    plain = run(method, values, arrays, units, (0, 0))
    key_names = {"vhat": "v̂", "g": "ḡ"}
    for p, loss in ((1, 0), (0, 1)):
        other = run(method, values, arrays, units, (p, loss))
        for name in plain:
            if "." not in name:
                continue
            key = name.partition(".")[2]
            unit = stated[key_names.get(key, key)]
            assert power_between(other[name], plain[name]) == unit.p * p + unit.L * loss, name
