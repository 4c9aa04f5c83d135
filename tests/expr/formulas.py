"""Random formulas."""

from __future__ import annotations

from hypothesis import strategies as st

from catenary.expr.node import const, hyper, node, norm, tensor

TENSORS = ("p", "g", "v")
HYPERS = ("a", "b", "t")
UNARY = ("neg", "abs", "sign", "sqrt", "exp", "log", "tanh")
BINARY = ("add", "sub", "mul", "div", "pow", "minimum", "maximum")
COMPARE = ("lt", "le", "eq", "ne")

LEAVES = (
    *map(tensor, TENSORS),
    *map(hyper, HYPERS),
    *map(const, (0.0, 0.5, 1.0, 2.0, 3.0)),
)


def _choose(draw, options):
    return options[draw(st.integers(0, len(options) - 1))]


def _condition(draw, number):
    kind = draw(st.integers(0, 3))
    if kind == 3:
        return node("not", _condition(draw, number))
    compared = node(_choose(draw, COMPARE), number(), number())
    if kind == 2:
        return node(_choose(draw, ("and", "or")), compared, _condition(draw, number))
    return compared


def _number(draw, depth, norms):
    def inside():
        return _number(draw, depth - 1, norms)

    if depth == 0:
        return _choose(draw, LEAVES)
    kind = draw(st.integers(0, 8))
    if kind == 0:
        return _choose(draw, LEAVES)
    if kind == 1:
        return node(_choose(draw, UNARY), inside())
    if kind == 2:
        return node("where", _condition(draw, inside), inside(), inside())
    if kind <= 4 and norms:
        arg = inside()
        return norm(arg, "tensor") if arg.varies == "element" else arg
    return node(_choose(draw, BINARY), inside(), inside())


@st.composite
def numbers(draw, norms=False, depth=4):
    """A formula of a number; nodes are interned, so they are built by hand, not by `st.builds`."""
    return _number(draw, draw(st.integers(0, depth)), norms)


values = st.floats(-8, 8) | st.sampled_from([0.0, -0.0, 1.0, 1e200, float("inf"), float("nan")])
environments = st.fixed_dictionaries(dict.fromkeys((*TENSORS, *HYPERS), values))
