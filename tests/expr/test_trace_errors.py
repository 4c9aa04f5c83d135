"""What cannot be traced: each error shows file, line and caret, says why, and the way out."""

from __future__ import annotations

import inspect
import math
import sys
import textwrap

import numpy as np
import pytest
import torch

from catenary.errors import TraceError
from catenary.expr import (
    Scope,
    norm,
    trace,
    where,
)
from catenary.expr.node import hyper, tensor
from catenary.optimizer import FormulaHook, FormulaRule, slot
from catenary.optimizer import hyper as declare

P, G, LR = tensor("p"), tensor("g"), hyper("lr")
SCOPE = Scope(frozenset({"lr"}), {"flag": True, "off": False})


def traced(function, results=1):
    found = trace(function, {"p": P, "g": G}, SCOPE, results)
    return found[0] if results == 1 else found


def branches(p, g, h):
    return p if p > g else g  # noqa: FURB136


def uses_and(p, g, h):
    return where((p > 0) and (g > 0), p, g)


def uses_not(p, g, h):
    return where(not (p > 0), p, g)


def chains(p, g, h):
    return where(0 < p < g, p, g)


def asks_if_in(p, g, h):
    return p if p in (1.0, g) else g


def takes_math(p, g, h):
    return math.sqrt(p)


def makes_float(p, g, h):
    return float(h.lr) * p


def makes_int(p, g, h):
    return int(h.lr) * p


def counts(p, g, h):
    return [p for _ in range(h.lr)][0]  # noqa: RUF015


def loops(p, g, h):
    return sum(x for x in p)


def unpacks(p, g, h):
    first, _second = p
    return first


def indexes(p, g, h):
    return p[0] + g


def writes(p, g, h):
    p[...] = g
    return p


def takes_numpy(p, g, h):
    return p - np.sqrt(g)


def numpy_function_of_two(p, g, h):
    return np.hypot(p, g)


def makes_array(p, g, h):
    return np.array(p)


def takes_method(p, g, h):
    return p - g.sum()


def asks_shape(p, g, h):
    return p / p.shape[0]


def adds_text(p, g, h):
    return p + "1"


def adds_none(p, g, h):
    return None + p


def adds_array(p, g, h):
    return p + torch.ones(3)


def unknown_hyper(p, g, h):
    return p - h.rate * g


def unknown_reach(p, g, h):
    return norm(p, over="world")


ERRORS = [
    (branches, "branches on a value", "p > g", "Write where(condition, a, b)"),
    (uses_and, "branches on a value", "(p > 0) and (g > 0)", "are &, |, ~ here"),
    (uses_not, "branches on a value", "not (p > 0)", "are &, |, ~ here"),
    (chains, "branches on a value", "0 < p", "are &, |, ~ here"),
    (asks_if_in, "branches on a value", "p in (1.0, g)", "cannot branch on data"),
    (takes_math, "asks a traced value for a Python number", "math.sqrt(p)", "from catenary.expr"),
    (
        makes_float,
        "asks a traced value for a Python number",
        "float(h.lr)",
        "float() work on numbers",
    ),
    (makes_int, "asks a traced value for a Python number", "int(h.lr)", "work on numbers"),
    (counts, "asks a traced value for a Python number", "range(h.lr)", "work on numbers"),
    (loops, "loops over an element", "sum(x for x in p)", "for one element of a tensor"),
    (unpacks, "loops over an element", "first, _second", "for one element of a tensor"),
    (indexes, "indexes a tensor", "p[0]", "write v, not v[...], and norm(v)"),
    (writes, "writes into a tensor", "p[...]", "write v = x and return it"),
    (takes_numpy, "calls numpy.sqrt", "np.sqrt(g)", "from catenary.expr"),
    (numpy_function_of_two, "calls numpy.hypot", "np.hypot(p, g)", "from catenary.expr"),
    (makes_array, "calls numpy.array", "np.array(p)", "NumPy computes with arrays"),
    (takes_method, "asks a tensor for .sum", "g.sum", "write sqrt(x), not x.sqrt()"),
    (asks_shape, "asks a tensor for .shape", "p.shape", "has no attributes or methods"),
    (adds_text, "uses a str in a formula", 'p + "1"', "with h.name and with Python numbers"),
    (adds_none, "uses a NoneType in a formula", "None + p", "with Python numbers"),
    (adds_array, "uses a Tensor in a formula", "p + torch.ones(3)", "with Python numbers"),
    (unknown_hyper, "asks for h.rate", "h.rate", "and to: flag, lr, off."),
    (
        unknown_reach,
        "takes a norm over 'world'",
        'norm(p, over="world")',
        "'tensor' or over 'model'",
    ),
]


@pytest.mark.parametrize(("function", "what", "marked", "advice"), ERRORS,
                         ids=[e[0].__name__ for e in ERRORS])  # fmt: skip
def test_errors_show_file_line_and_caret(function, what, marked, advice):
    with pytest.raises(TraceError) as caught:
        traced(function)
    first, line, *rest = str(caught.value).splitlines()
    source, start = inspect.getsourcelines(function)
    offset = next(i for i, text in enumerate(source) if i and marked in text)
    assert f"{what}" in first
    assert function.__name__ in first
    assert first.endswith(f"(test_trace_errors.py:{start + offset}).")
    assert line == "        " + source[offset].strip()
    if sys.version_info >= (3, 11):
        caret, *rest = rest
        place = line.index(marked)
        assert caret.strip(" ^") == ""
        # The caret begins in the marked expression and covers no more than the statement's value.
        assert place <= caret.index("^") < place + len(marked)
        assert len(caret) <= len(line)
    assert advice in " ".join(rest)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 does not know the columns")
def test_the_caret_covers_the_expression():
    with pytest.raises(TraceError) as caught:
        traced(indexes)
    text, caret = str(caught.value).splitlines()[1:3]
    assert [t for t, c in zip(text, caret, strict=False) if c == "^"] == list("p[0]")


def test_an_expression_over_several_lines_shows_its_first_line():
    def long(p, g, h):
        return where(
            g,
            p, "x",
        )  # fmt: skip

    with pytest.raises(TraceError, match="uses a str") as caught:
        traced(long)
    assert "return where(" in str(caught.value)
    assert "^" not in str(caught.value)


def test_without_source_there_is_still_a_line_number():
    scope = {}
    exec(compile("def made(p, g, h):\n    return p[0]\n", "<made>", "exec"), scope)
    with pytest.raises(TraceError, match=r"indexes a tensor \(<made>:2\)") as caught:
        traced(scope["made"])
    assert "^" not in str(caught.value)


def test_on_python_3_10_the_line_is_quoted_without_caret(monkeypatch):
    from types import SimpleNamespace

    from catenary.expr.trace import _quote

    code = SimpleNamespace(co_filename=__file__)
    line = inspect.getsourcelines(indexes)[1] + 1
    text = _quote(SimpleNamespace(f_code=code, f_lineno=line))
    assert text == "        return p[0] + g\n"


def test_wrong_number_of_results():
    def one(p, g, h):
        return p

    line = one.__code__.co_firstlineno
    told = rf"one \(test_trace_errors.py:{line}\) returns 1 values and must return 2"
    with pytest.raises(TraceError, match=told):
        traced(one, results=2)


@pytest.mark.parametrize("value", [(None, 1), (1, None)])
def test_none_where_a_value_belongs(value):
    with pytest.raises(TraceError, match=r"returns None where a value belongs \(result [01]\)"):
        traced(lambda p, g, h: value, results=2)


def test_a_callable_without_code_as_formula():
    with pytest.raises(TraceError, match="returns 1 values"):
        trace(_Callable(), {"p": P}, SCOPE, 2)


class _Callable:
    def __call__(self, p, h):
        return p


def test_a_result_that_is_no_number_names_the_formula():
    """The mistake is the formula's, so the message points there and not into catenary."""
    with pytest.raises(TraceError) as caught:

        class Wrong(FormulaRule):
            @staticmethod
            def step(p, g, h):
                return [p - g]

    assert "test_trace_errors.py" in str(caught.value)
    assert "step" in str(caught.value)
    assert "list" in str(caught.value)


def test_rules_and_hooks_are_traced_where_they_are_written():
    with pytest.raises(TraceError, match=r"test_trace_errors\.py"):

        class Branching(FormulaRule):
            lr: float = declare(default=0.1)
            v = slot()

            @staticmethod
            def step(p, g, v, h):
                if g > 0:
                    return p, v
                return p - h.lr * g, v

    with pytest.raises(TraceError, match="h answers to"):

        class Asking(FormulaHook):
            @staticmethod
            def transform(p, g, h):
                return h.rate * g


def test_magic_names_are_absent_so_that_python_can_ask():
    with pytest.raises(AttributeError):
        SCOPE.__wrapped__
    assert not hasattr(SCOPE, "__copy__")
    assert traced(lambda p, g, h: p if hasattr(p, "__len__") else g) is G


def test_hash_is_refused():
    """`==` makes a formula, so a traced value cannot be a key."""
    with pytest.raises(TypeError, match="unhashable"):
        traced(lambda p, g, h: {p: 1}[p])


def test_message_as_a_whole():
    with pytest.raises(TraceError) as caught:
        traced(indexes)
    line = inspect.getsourcelines(indexes)[1] + 1
    caret = "               ^^^^\n" if sys.version_info >= (3, 11) else ""
    wanted = (
        f"indexes indexes a tensor (test_trace_errors.py:{line}).\n        return p[0] + g\n"
        + caret
    )
    assert str(caught.value) == wanted + textwrap.dedent(
        "A formula is written for one element: write v, not v[...], and norm(v) for a reduction."
    )
