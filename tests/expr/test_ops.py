"""What operations mean: IEEE 754, as NumPy computes it, without Python's exceptions."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from catenary.expr import evaluate
from catenary.expr.node import const, node, tensor
from catenary.expr.ops import CONDITIONS, LEAVES, OPS
from tests.strategies import same_bits


def through(dtype, x):
    return torch.from_numpy(np.array(x)).float().to(dtype).double().numpy()


def dithered(x, chance):
    """Toward zero, or the next number away from it, as `chance` and what is cut off decide."""
    single = np.float32(x)
    if not np.isfinite(x):
        return x
    bits = int(single.view(np.uint32))
    away = (bits & 0xFFFF) + int(chance) > 0xFFFF
    return float(np.uint32(((bits >> 16) + away) << 16).view(np.float32))


NUMPY = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power,
    "neg": np.negative, "abs": np.abs, "sign": np.sign, "sqrt": np.sqrt, "exp": np.exp,
    "log": np.log, "tanh": np.tanh, "minimum": np.minimum, "maximum": np.maximum, "lt": np.less,
    "le": np.less_equal, "eq": np.equal, "ne": np.not_equal, "and": np.logical_and,
    "or": np.logical_or, "not": np.logical_not, "where": np.where,
    "bfloat16": lambda x: through(torch.bfloat16, x),
    "float16": lambda x: through(torch.float16, x),
    "dither": dithered,
}  # fmt: skip
CHANCES = [0, 1, 0x7FFF, 0x8000, 0xFFFF]
INEXACT = {"pow", "exp", "log", "tanh"}
CORNERS = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 1e-320, 5e-324, 1e300, -1e300,
           709.0, 711.0, -746.0, math.inf, -math.inf, math.nan]  # fmt: skip
BOOLS = {"and", "or", "not"}
numbers = st.floats() | st.sampled_from(CORNERS)


def agree(op, args):
    with np.errstate(all="ignore"):
        wanted = NUMPY[op](*(np.asarray(a) for a in args))
    found = OPS[op].meaning(*args)
    if op in CONDITIONS:
        return bool(found) == bool(wanted) and isinstance(found, bool)
    if not isinstance(found, float):
        return False
    if op == "pow" and args[1] == 0.5 and args[0] in (0, -math.inf):
        # NumPy takes √x for x ** 0.5 and then differs from IEEE's pow at -0 and -inf.
        return found == abs(args[0])
    if op in ("minimum", "maximum") and found == wanted == 0:
        # IEEE leaves open which zero it is.
        return True
    if op in INEXACT and math.isfinite(found) and found:
        return abs(found - wanted) <= 4 * np.spacing(np.abs(wanted))
    return same_bits(np.float64(found), np.float64(wanted))


def test_the_tables_are_complete():
    assert NUMPY.keys() == OPS.keys()
    assert OPS.keys() > CONDITIONS
    assert not LEAVES & OPS.keys()


@pytest.mark.parametrize("op", OPS)
def test_corners(op):
    kinds = [CORNERS] * OPS[op].arity
    if op in BOOLS:
        kinds = [[False, True]] * OPS[op].arity
    elif op == "where":
        kinds[0] = [False, True]
    elif op == "dither":
        kinds[1] = CHANCES
    wrong = [args for args in itertools.product(*kinds) if not agree(op, args)]
    assert not wrong


@pytest.mark.parametrize("op", sorted(OPS.keys() - BOOLS - {"where"}))
@given(data=st.data())
def test_anywhere(op, data):
    kinds = [numbers, st.integers(0, 0xFFFF)] if op == "dither" else [numbers] * OPS[op].arity
    args = data.draw(st.tuples(*kinds))
    assert agree(op, args)


@given(st.booleans(), numbers, numbers)
def test_where(condition, a, b):
    assert agree("where", (condition, a, b))


def test_evaluate():
    p, g = tensor("p"), tensor("g")
    root = node("sub", p, node("mul", const(0.5), g))
    assert evaluate(root, {"p": 3.0, "g": 4.0}) == 1.0
    assert evaluate(node("lt", p, g), {"p": 3.0, "g": 4.0}) is True
    with pytest.raises(KeyError, match="g"):
        evaluate(root, {"p": 3.0})
