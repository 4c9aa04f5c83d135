"""Formulas as mathematics: kept as text, and read back to see that they say what the code does."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest
from hypothesis import given, settings

from catenary.expr import Formula, evaluate, show, show_node
from catenary.expr.node import const, hyper, node, norm, tensor
from catenary.optimizer.formula_hook import trace_hook
from catenary.optimizer.formula_rule import trace_rule
from tests.expr.formulas import numbers
from tests.expr.reading import read
from tests.strategies import HOOKS, OPTIMIZERS

GOLDEN = Path(__file__).parent / "formulas.txt"
P, G, V = map(tensor, "pgv")
A, B = map(hyper, "ab")
LESS = node("lt", P, G)
GREEK = {"alpha": "α", "beta": "β", "beta1": "β₁", "beta2": "β₂", "gamma": "γ", "eps": "ε",
         "eta": "η", "rho": "ρ", "momentum": "μ", "alpha_t": "αₜ"}  # fmt: skip


def formulas():
    """Yield (name, formula) of every rule under every choice of its flags, and of every hook."""
    for rule in sorted({kind.rule for kind in OPTIMIZERS}, key=lambda r: r.__name__):
        flags = [name for name, spec in rule.specs.items() if spec.flag]
        for chosen in itertools.product((False, True), repeat=len(flags)):
            pairs = tuple(zip(flags, chosen, strict=True))
            name = " ".join([rule.__name__, *(flag for flag, on in pairs if on)])
            yield name, trace_rule(rule, pairs, G, "")
    for hook in HOOKS:
        yield hook.__name__, Formula((("g", trace_hook(hook, P, G, "")),))


FORMULAS = dict(formulas())


def golden(names=FORMULAS):
    return "\n".join(f"{name}\n{_indented(show(FORMULAS[name]))}\n" for name in names)


def _indented(text):
    return "\n".join("    " + line for line in text.splitlines())


def test_golden():
    """To accept a change: PYTHONPATH=src:. python tests/expr/test_show.py (takes what is right)."""
    assert GOLDEN.read_text() == golden()


def agree(text, formula, values):
    """Whether both readings of `text` give the formula's results, to within rounding."""
    wanted = {name: meaning(value, values) for name, value in formula.outputs}
    named = {**values, **{GREEK.get(n, n): v for n, v in values.items()}}
    for tight in (False, True):
        found = read(text, named, tight)
        assert found.keys() == wanted.keys()
        for name, value in wanted.items():
            if math.isnan(value) and math.isnan(found[name]):
                continue
            if not math.isclose(found[name], value, rel_tol=1e-9, abs_tol=1e-12):
                return False
    return True


def meaning(root, values):
    """Evaluate over tensors of one element, where a norm is an absolute value."""
    if root.op == "norm":
        return abs(meaning(root.args[0], values))
    swapped = {}

    def plain(at):
        if at.op == "norm":
            name = f"norm{len(swapped)}"
            swapped[name] = meaning(at, values)
            return hyper(name)
        return node(at.op, *map(plain, at.args)) if at.args else at

    without = plain(root)
    return evaluate(without, {**values, **swapped})


def reads_right(formula):
    names = sorted({*formula.inputs(), *formula.hypers()})
    values = {n: 0.375 + 0.0625 * i for i, n in enumerate(names)}
    values.update({"t": 3.0} if "t" in values else {})
    return agree(show(formula).replace(" over the model", ""), formula, values)


@pytest.mark.parametrize("name", FORMULAS)
def test_built_in_formulas_read_right(name):
    """Line by line: what a line reuses is what the lines above made, and nothing is ambiguous."""
    assert reads_right(FORMULAS[name]), show(FORMULAS[name])


@settings(max_examples=300)
@given(numbers(norms=True, depth=3))
def test_any_formula_reads_right(root):
    values = {"p": 0.7, "g": 1.3, "v": -0.4, "a": 0.6, "b": 2.5, "t": 3.0}
    formula = Formula((("p", root),))
    assert agree(show(formula), formula, values), show(formula)


@pytest.mark.parametrize(
    ("root", "text"),
    [
        (node("sub", P, node("mul", A, G)), "p − a g"),
        (node("sub", node("sub", P, G), V), "p − g − v"),
        (node("sub", P, node("sub", G, V)), "p − (g − v)"),
        (node("div", P, node("mul", G, V)), "p / (g v)"),
        (node("div", node("div", P, G), V), "p / g / v"),
        (node("mul", node("add", P, G), V), "(p + g) v"),
        (node("sqrt", node("add", P, G)), "√(p + g)"),
        (node("sqrt", P), "√p"),
        (node("abs", node("sub", P, G)), "|p − g|"),
        (norm(node("mul", A, G), "tensor"), "‖a g‖"),
        (norm(G, "model"), "‖g‖ over the model"),
        (node("minimum", P, node("maximum", G, const(0))), "min(p, max(g, 0))"),
        (node("where", node("not", node("lt", P, G)), P, const(1)), "where(¬(p < g), p, 1)"),
        (node("where", node("or", node("le", P, G), node("ne", P, V)), P, G),
         "where(p ≤ g ∨ p ≠ v, p, g)"),
        (node("neg", node("add", P, G)), "−(p + g)"),
        (node("mul", hyper("eta"), hyper("beta1")), "η β₁"),
        (node("mul", hyper("rule.eps"), hyper("hook0.rate")), "rule.ε hook0.rate"),
        (const(1e-8), "1e-08"),
    ],
)  # fmt: skip
def test_spelling(root, text):
    assert show_node(root) == text


@pytest.mark.parametrize(
    "root",
    [
        node("mul", node("div", P, G), V),
        node("mul", P, node("div", G, V)),
        node("pow", node("pow", P, A), B),
        node("pow", P, node("pow", A, B)),
        node("pow", node("sqrt", P), B),
        node("sqrt", node("pow", P, B)),
        node("pow", node("neg", P), const(2)),
        node("neg", node("pow", P, const(2))),
        node("sub", P, node("neg", G)),
        node("mul", P, node("neg", G)),
        node("mul", P, const(-2)),
        node("sub", P, const(-2)),
        node("pow", const(-2), const(2)),
        node("mul", const(2), const(3)),
        node("where", node("and", node("or", LESS, node("lt", A, B)), node("eq", P, V)), P, G),
    ],
    ids=repr,
)  # fmt: skip
def test_nothing_is_ambiguous(root):
    values = {"p": 0.7, "g": 1.3, "v": -0.4, "a": 0.6, "b": 2.5}
    formula = Formula((("p", root),))
    assert agree(show(formula), formula, values), show(formula)


def test_results_go_by_their_names():
    v = node("sub", node("mul", A, V), node("mul", B, G))
    text = show(Formula((("p", node("add", P, v)), ("v", v))))
    assert text == "v ← a v − b g\np ← p + v"


def test_a_result_that_is_an_input_as_it_was():
    formula = Formula((("p", V), ("v", P)))
    assert show(formula) == "v, p ← p, v"  # line by line, the new p would read as the new v


if __name__ == "__main__":
    GOLDEN.write_text(golden([name for name, formula in FORMULAS.items() if reads_right(formula)]))
