"""What holds for every rule of `catenary.optim`: bits, units, ranges, docstrings, resuming."""

from __future__ import annotations

import itertools
import re
from typing import Any

import numpy as np
import pytest
import torch

import catenary
from catenary.errors import HyperparameterError
from catenary.expr.node import tensor, walk
from catenary.kernel import launch, native
from catenary.optimizer.formula_rule import trace_rule
from tests.contract.units import Unit
from tests.optim.rules import CASES, KINDS, Case
from tests.optim.training import give_gradients, parameters, train
from tests.strategies import same_bits

EXACT = {
    "add", "sub", "mul", "div", "neg", "abs", "sign", "sqrt", "minimum", "maximum", "where", "lt",
    "le", "eq", "ne", "and", "or", "not",
}  # fmt: skip
"""Operations that every backend computes to the last bit."""


def record(opt: Any, params: list[Any]) -> dict[str, Any]:
    """Return copies of parameters and states by name."""
    found = {f"{i}": param.detach().numpy().copy() for i, param in enumerate(params)}
    for place, state in opt.state_dict()["state"].items():
        found.update({f"{place}.{key}": value.numpy().copy() for key, value in state.items()})
    return found


def formula_nodes(case: Case) -> list[Any]:
    words = case.draw(np.random.default_rng(0))
    rule = case.kind(parameters(torch.float32), **words)._view
    (first, *_) = [param.update_rule for _, param in rule.namedparams()]
    formula = trace_rule(type(first), first.flags, tensor("g"), "")
    return list(walk(value for _, value in formula.outputs))


MINIMIZING = [case for case in CASES if not dict(case.switches).get("maximize")]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("case", MINIMIZING, ids=str)
def test_compiled_equals_numpy(
    case: Case, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit for bit; rules with norms as far as sums of squares agree, added in another order."""
    words = case.draw(np.random.default_rng(3))
    has_norms = any(at.op == "norm" for at in formula_nodes(case))

    def run() -> dict[str, Any]:
        params = parameters(dtype, [(native.CHUNK_SIZE + 5,), (3, 4), (), (0,)])
        opt = case.kind(params, **words)
        with catenary.using_config("flush_subnormals", False):
            train(opt, params, range(4))
        assert backend in str(opt.explain())
        return record(opt, params)

    backend = "compiled for this processor"
    found = run()
    monkeypatch.setattr(launch, "can_compile", lambda table: False)
    backend = "as NumPy or torch operations"
    wanted = run()
    assert found.keys() == wanted.keys()
    for name in found:
        if has_norms:
            np.testing.assert_allclose(found[name], wanted[name], rtol=1e-6, atol=1e-6)
        else:
            assert same_bits(found[name], wanted[name]), name


@pytest.mark.parametrize("case", CASES, ids=str)
def test_elements_need_exact_operations_only(case: Case) -> None:
    """Powers, exponentials and logarithms are of the host, so the test above covers every rule."""
    varying = {at.op for at in formula_nodes(case) if at.varies == "element" and at.args}
    assert varying <= EXACT


def measured(case: Case, words: dict[str, Any], scales: tuple[int, int]) -> dict[str, Any]:
    """Train with parameters, losses and hyperparameters measured in other units."""
    given = dict(words)
    for name in case.numbers:
        value, factor = words[name], case.unit(name).factor(*scales)
        several = isinstance(value, tuple)
        given[name] = tuple(one * factor for one in value) if several else value * factor
    return trained(case.kind, given, scales)


def trained(kind: Any, words: dict[str, Any], scales: tuple[int, int]) -> dict[str, Any]:
    rng = np.random.default_rng(11)
    start = rng.normal(size=(3, 4)) * 2.0 ** scales[0]
    param = torch.nn.Parameter(torch.as_tensor(start))
    opt = kind([param], **words)
    for _ in range(8):
        g = rng.normal(size=(3, 4)) * 2.0 ** rng.integers(-3, 3, (3, 4))
        param.grad = torch.as_tensor(g * 2.0 ** (scales[1] - scales[0]))
        opt.step()
    return record(opt, [param])


def power(found: Any, wanted: Any) -> float | None:
    """Return k of found == wanted · 2**k; NaN where there is none, None where zeros say nothing."""
    moved = wanted != 0
    if not np.any(moved):
        return None if same_bits(found, wanted) else np.nan
    k = np.round(np.log2(np.abs(found[moved].flat[0] / wanted[moved].flat[0])))
    return float(k) if same_bits(found, np.asarray(wanted * 2.0**k)) else np.nan


SCALES = ((3, 0), (0, 3), (-2, 5))


@pytest.mark.parametrize("case", [c for c in CASES if not c.kind.rule.inhomogeneous], ids=str)
def test_units(case: Case) -> None:
    """Measuring the loss or the parameters in other units moves nothing."""
    words = case.draw(np.random.default_rng(7))
    plain = measured(case, words, (0, 0))
    for scales in SCALES:
        other = measured(case, words, scales)
        assert power(other["0"], plain["0"]) == scales[0]


@pytest.mark.parametrize("case", [c for c in CASES if not c.kind.rule.inhomogeneous], ids=str)
def test_a_wrong_unit_shows(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test above can fail: another unit of what has one gives another run."""
    words = case.draw(np.random.default_rng(7))
    plain = measured(case, words, (0, 0))
    right = case.unit
    for name in case.numbers.keys() & {"lr", "eps", "weight_decay", "lambd"}:
        wrong = lambda n, odd=name: Unit(right(n).p + (n == odd), right(n).L)  # noqa: E731
        monkeypatch.setattr(type(case), "unit", lambda _, n, wrong=wrong: wrong(n))
        other = measured(case, words, (5, 0))
        monkeypatch.undo()
        assert power(other["0"], plain["0"]) != 5, name


@pytest.mark.parametrize("kind", [k for k in KINDS if k.rule.inhomogeneous])
def test_what_says_it_has_no_units_has_none(kind: Any) -> None:
    """No units of rate and ε make the formula homogeneous, and none are declared."""
    assert not any(spec.unit for spec in kind.specs.values())
    plain = trained(kind, {"lr": 0.25, "eps": 0.125}, (0, 0))
    powers = [Unit(p, loss) for p in range(-2, 3) for loss in range(3)]
    for of_rate, of_eps in itertools.product(powers, repeat=2):
        alike = (
            power(trained(kind, words, scales)["0"], plain["0"]) == scales[0]
            for scales in ((3, 0), (0, 3))
            for words in [{"lr": 0.25 * of_rate.factor(*scales), "eps": of_eps.factor(*scales) / 8}]
        )
        assert not all(alike), (of_rate, of_eps)


SYMBOLS = {
    "exp_avg": "m", "exp_avg_sq": "v", "max_exp_avg_sq": "v̂", "exp_inf": "u", "sum": "s",
    "square_avg": "v", "acc_delta": "u", "momentum_buffer": "b", "grad_avg": "a", "prev": "ĝ",
    "step_size": "s", "ax": "a", "exp_avg_fast": "m₁", "exp_avg_slow": "m₂", "z": "z",
}  # fmt: skip
"""What docstrings call the states."""


@pytest.mark.parametrize("case", [c for c in CASES if not c.kind.rule.inhomogeneous], ids=str)
def test_docstrings_state_the_units_of_states(case: Case) -> None:
    line = units_line(case.kind)
    stated: dict[str, Unit] = {}
    for names, unit in re.findall(r"([^\[\]]+)\[([^\]]+)\]", line):
        stated.update(dict.fromkeys(re.findall(r"\w[̂₀-₉]?", names), Unit.read(unit)))
    words = case.draw(np.random.default_rng(7))
    plain = measured(case, words, (0, 0))
    for scales in ((1, 0), (0, 1)):
        other = measured(case, words, scales)
        for name in plain:
            key = name.partition(".")[2]
            if key not in SYMBOLS:
                continue
            unit = stated[SYMBOLS[key]]
            assert power(other[name], plain[name]) == np.log2(unit.factor(*scales)), name


def units_line(kind: Any) -> str:
    text = " ".join(docstring(kind.rule).split())
    found = re.search(r"Units: (.*?)(for a parameter|none hold)", text)
    assert found is not None, "the docstring has no `Units:` line"
    return found.group(1)


def docstring(rule: Any) -> str:
    """The docstring with the formula: a rule with other defaults refers to the one it inherits."""
    return next(
        text for base in rule.__mro__ if "Shapes:" in (text := vars(base).get("__doc__") or "")
    )


@pytest.mark.parametrize("kind", KINDS)
def test_docstrings_say_everything(kind: Any) -> None:
    text = docstring(kind.rule)
    for heading in ("Shapes:", "Units:", "Args:", "Raises:", "Source:"):
        assert heading in text
    arguments = text[text.index("Args:") : text.index("Raises:")]
    assert re.findall(r"^        (\w+): ", arguments, re.MULTILINE) == list(kind.specs)
    for slot in kind.rule.slots.values():
        assert slot.key in SYMBOLS or slot.scalar


def outside(spec: Any) -> list[Any]:
    """Values just outside a declared range."""
    found = []
    for bound, off in ((spec.ge, -0.5), (spec.gt, 0.0), (spec.le, 0.5), (spec.lt, 0.0)):
        if bound is not None:
            others = spec.default[1:] if spec.size is not None else ()
            found.append((bound + off, *others) if others else bound + off)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_ranges(kind: Any) -> None:
    """A value outside is refused at construction, and at the first step that would use it."""
    for name, spec in kind.specs.items():
        for value in [*outside(spec), "x", None, float("nan")]:
            with pytest.raises(HyperparameterError, match=name):
                kind(parameters(torch.float32), **{name: value})
            params = parameters(torch.float32)
            opt = kind(params)
            give_gradients(params, 0)
            before = record(opt, params)
            opt.param_groups[0][name] = value
            with pytest.raises(HyperparameterError, match=name):
                opt.step()
            after = record(opt, params)
            assert before.keys() == after.keys()
            assert all(same_bits(after[n], before[n]) for n in before)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_resuming_moves_no_bit(case: Case) -> None:
    words = case.draw(np.random.default_rng(5))
    whole = parameters(torch.float32)
    opt = case.kind(whole, **words)
    train(opt, whole, range(12))
    first = parameters(torch.float32)
    before = case.kind(first, **words)
    train(before, first, range(6))
    again = [torch.nn.Parameter(param.detach().clone()) for param in first]
    after = case.kind(again)
    after.load_state_dict(before.state_dict())
    train(after, again, range(6, 12))
    found, wanted = record(after, again), record(opt, whole)
    assert found.keys() == wanted.keys()
    assert [name for name in found if not same_bits(found[name], wanted[name])] == []


@pytest.mark.parametrize("case", [c for c in CASES if dict(c.switches).get("maximize")], ids=str)
def test_maximizing_is_minimizing_the_negative(case: Case) -> None:
    words = case.draw(np.random.default_rng(6))
    up, down = parameters(torch.float64), parameters(torch.float64)
    ways = (case.kind(up, **words), case.kind(down, **{**words, "maximize": False}))
    for step in range(4):
        give_gradients(up, step)
        for mine, theirs in zip(up, down, strict=True):
            theirs.grad = None if mine.grad is None else -mine.grad
        for opt in ways:
            opt.step()
    assert all(same_bits(a.detach(), b.detach()) for a, b in zip(up, down, strict=True))
