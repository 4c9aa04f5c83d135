"""Programs spelled for the GPU against the reference: the same bits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from catenary.expr import Formula
from catenary.expr.node import Node, const, hyper, node, norm, tensor
from catenary.expr.ops import OPS
from catenary.kernel import Storage, Table, schedule
from catenary.kernel.eager import EagerRunner
from catenary.kernel.launch import Step
from catenary.kernel.triton import TritonRunner
from catenary.kernel.triton.body import SPELL
from catenary.kernel.triton.step import DeviceStep
from catenary.kernel.triton.table import PIECE
from tests.compiled.test_backend import arrays, expressions

pytest.importorskip("triton")

SIZES = (0, 1, 17, 1024, PIECE + 5)
VALUES = {"a": 0.3, "b": -1.7, "rule.t": 3.0}


@pytest.fixture(autouse=True)
def quiet():
    with np.errstate(all="ignore"):  # the interpreter computes with NumPy
        yield


def made_table(formula, held, kind="plain"):
    columns = {n: [h] for n, h in held.items() if n != "g" and n in ("p", *_written(formula))}
    table = Table(schedule(formula, Storage.of(kind, columns)), columns, [77])
    table.set_gradients([held["g"]])
    table.groups = [(VALUES, [0])]
    return table


def _written(formula):
    return {*formula.inputs(), *(name for name, _ in formula.outputs)} | {"@master", "@low"}


def run(formula, held, runner, kind="plain"):
    held = {name: values.clone() for name, values in held.items()}
    table = made_table(formula, held, kind)
    step = Step([table])
    step._runners = [runner([table])]
    step.run(check_finite=False)
    return held


def run_by_device(formula, held, kind="plain"):
    held = {name: values.clone() for name, values in held.items()}
    DeviceStep([made_table(formula, held, kind)]).run(check_finite=False)
    return held


def same(mine, theirs):
    for name in theirs:
        torch.testing.assert_close(mine[name], theirs[name], rtol=0, atol=0, equal_nan=True)


def test_every_operation_is_spelled():
    assert SPELL.keys() == OPS.keys()


@settings(max_examples=100)
@given(
    new=expressions(),
    state=expressions(),
    size=st.sampled_from(SIZES),
    dtype=st.sampled_from([np.float32, np.float64]),
    seed=st.integers(0, 5),
)
def test_random_programs_equal_numpy_bit_for_bit(new: Node, state: Node, size, dtype, seed):
    formula = Formula((("p", new), ("s", state)))
    held = arrays(size, dtype, seed)
    expected = run(formula, held, EagerRunner)
    same(run(formula, held, TritonRunner), expected)
    same(run_by_device(formula, held), expected)


WAYS = [(kind, dtype) for kind in ("plain", "master", "kahan") for dtype in ("float16", "bfloat16")]


@pytest.mark.parametrize(("kind", "name"), [*WAYS, ("stochastic", "bfloat16")])
def test_every_way_to_keep_16_bits_equals_the_reference(kind, name):
    dtype = getattr(torch, name)
    held = {name: values.to(dtype) for name, values in arrays(5000, np.float32, 2).items()}
    held["p"][:3] = torch.tensor([float("nan"), float("inf"), 6e4])
    extra = {"master": {"@master": held["p"].float() * 1.001}, "kahan": {"@low": held["p"] * 1e-3}}
    held |= extra.get(kind, {})
    moved = node("sub", tensor("p"), node("mul", hyper("a"), tensor("g")))
    formula = Formula((("p", moved), ("s", node("add", tensor("s"), tensor("g")))))
    expected = run(formula, held, EagerRunner, kind)
    same(run(formula, held, TritonRunner, kind), expected)
    same(run_by_device(formula, held, kind), expected)


CORNERS = [0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, 3.0, -3.0, 1e-20, 1e20, np.inf, -np.inf]
CORNERS += [np.nan, 1e-3, -1e-3, 700.0, -700.0, 1e-300]


EXACT = sorted(OPS.keys() - {"exp", "log", "tanh", "pow"})


@pytest.mark.parametrize("op", EXACT)
def test_corners_of_every_operation(op):
    """Zeros with a sign, infinities, NaN: also one whose bits are all in the lower half."""
    values = np.array([*CORNERS, 1e-45, 65504.0, 65520.0, 3.3e38], np.float32)
    values = np.append(values, np.array([0x7F800001], np.uint32).view(np.float32))
    p, g = (np.ascontiguousarray(x.ravel()) for x in np.meshgrid(values, values))
    if op == "dither":  # its second argument is 16 bits of chance
        g = (np.arange(g.size) * 977 % 65536).astype(np.float32)
    held = {"p": torch.from_numpy(p), "g": torch.from_numpy(g)}
    arguments = [tensor("p"), tensor("g"), const(3.0)][: OPS[op].arity]
    if op == "where":
        arguments = [node("lt", tensor("p"), tensor("g")), tensor("g"), tensor("p")]
    elif op in ("and", "or", "not"):
        arguments = [node("lt", a, const(0.5)) for a in arguments]
    value = node(op, *arguments)
    if value.is_condition:
        value = node("where", value, const(1.0), const(2.0))
    formula = Formula((("p", value),))
    mine, expected = run(formula, held, TritonRunner)["p"], run(formula, held, EagerRunner)["p"]
    torch.testing.assert_close(mine, expected, rtol=0, atol=0, equal_nan=True)
    zeros = (expected == 0).numpy()
    np.testing.assert_array_equal(
        np.signbit(mine.numpy())[zeros], np.signbit(expected.numpy())[zeros]
    )


@pytest.mark.parametrize("op", ["exp", "log", "tanh", "pow"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_other_functions_are_as_exact_as_they_say(op, dtype):
    """Corner cases as C has them; elsewhere within 1e-13, or the last place of float32."""
    rng = np.random.default_rng(0)
    pairs = np.array([(a, b) for a in CORNERS for b in CORNERS])
    pairs = np.concatenate([pairs, rng.normal(size=(3000, 2)) * [5.0, 3.0]]).astype(dtype)
    held = {"p": pairs[:, 0].copy(), "g": pairs[:, 1].copy()}
    value = node(op, *[tensor(n) for n in ("p", "g")[: OPS[op].arity]])
    mine = run(Formula((("p", value),)), {n: torch.from_numpy(v) for n, v in held.items()},
               TritonRunner)["p"].numpy()  # fmt: skip
    wide = [held[n].astype(np.float64) for n in ("p", "g")[: OPS[op].arity]]
    exact = (np.power if op == "pow" else getattr(np, op))(*wide)
    rtol = 1e-13 if dtype == np.float64 else 6e-8
    np.testing.assert_allclose(mine, exact.astype(dtype), rtol=rtol, atol=1e-45)
    np.testing.assert_array_equal(np.signbit(mine[exact == 0]), np.signbit(exact[exact == 0]))


def test_norms_do_not_depend_on_how_often_they_are_measured():
    formula = Formula((("p", node("div", tensor("g"), norm(tensor("g"), "tensor"))),))
    held = arrays(3 * PIECE + 11, np.float32, 3)
    first = run_by_device(formula, held)
    for _ in range(3):
        same(run_by_device(formula, held), first)
    g = held["g"].double()
    torch.testing.assert_close(first["p"].double(), g / g.norm(), rtol=1e-6, atol=0)


def test_finite_norms_do_not_overflow():
    held = {"p": torch.zeros(4), "g": torch.full((4,), 1e30)}
    formula = Formula((("p", node("div", tensor("g"), norm(tensor("g"), "tensor"))),))
    assert run_by_device(formula, held)["p"].tolist() == [0.5] * 4


def test_constants_are_not_rounded_to_float32():
    held = {"p": torch.ones(3, dtype=torch.float64), "g": torch.zeros(3, dtype=torch.float64)}
    formula = Formula((("p", node("mul", const(0.1), tensor("p"))),))
    assert run(formula, held, TritonRunner)["p"].tolist() == [0.1] * 3
