"""Launches: all is measured before anything is written, and written everywhere or nowhere."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from catenary.expr import Formula
from catenary.expr.node import const
from catenary.kernel import Launch, Step, Table, launch, schedule
from catenary.kernel.schedule import Schedule
from tests.kernel.tables import A, G, P, V, f32, node, norm, sgd, step, table

SIZE = norm(G, "model")


@pytest.fixture(autouse=True, params=["fastest", "eager", "mixed"])
def backend(request, monkeypatch):
    """Run every test on the fastest backends, on the reference, and half on each."""
    if request.param != "fastest":
        seen = []

        def can_compile(table, plain=launch.can_compile):
            seen.append(table)
            return request.param == "mixed" and len(seen) % 2 == 0 and plain(table)

        monkeypatch.setattr(launch, "can_compile", can_compile)


def clipped():
    return {"p": node("sub", P, node("mul", node("minimum", const(1), node("div", A, SIZE)), G))}


def test_a_norm_over_the_model_goes_over_all_tables_and_rows():
    p = [f32(0), f32(0, 0)]
    q = [np.zeros(1)]
    first = table(clipped(), {"p": p}, [f32(1), f32(2, 2)], {"a": 1.0}, shared=[SIZE])
    second = table(clipped(), {"p": q}, [np.array([4.0])], {"a": 1.0}, shared=[SIZE])
    assert step(first, second).non_finite == []
    assert p[0].tolist() == [np.float32(-1 / 5)]
    assert p[1].tolist() == [np.float32(-2 * np.float32(1 / 5))] * 2
    assert q[0].tolist() == [-0.8]


def test_tables_without_outputs_count_in_norms():
    """A parameter that nobody updates is measured all the same."""
    p, frozen = f32(0), f32(7)
    moving = table(clipped(), {"p": [p]}, [f32(3)], {"a": 1.0}, shared=[SIZE])
    still = table({}, {"p": [frozen]}, [f32(4)], {"a": 1.0}, shared=[SIZE])
    step(moving, still)
    assert p[0] == np.float32(-3 * np.float32(0.2))
    assert frozen[0] == 7


def test_rows_that_do_not_take_part_are_neither_measured_nor_written():
    p = [f32(0), f32(0)]
    made = table(clipped(), {"p": p}, [f32(3), f32(400)], {"a": 3.0}, shared=[SIZE])
    made.rows = [0]
    step(made)
    assert [x.tolist() for x in p] == [[-3.0], [0.0]]


def test_what_a_row_measured_before_it_rested_is_forgotten():
    p = [f32(0), f32(0)]
    made = table(clipped(), {"p": p}, [f32(3), f32(400)], {"a": 3.0}, shared=[SIZE])
    bound = Step([made])
    bound.run(check_finite=True)
    p[0][:] = p[1][:] = 0
    made.rows = [0]
    bound.run(check_finite=True)
    assert [x.tolist() for x in p] == [[-3.0], [0.0]]
    made.rows = range(2)
    p[0][:] = 0
    made.set_gradients([torch.tensor([0.0]), torch.tensor([-6.0])])
    bound.run(check_finite=True)
    assert [x.tolist() for x in p] == [[0.0], [3.0]]


def test_the_order_of_tables_is_of_no_account():
    """The model's norm is summed so that no order shows: buckets come in any."""
    rng = np.random.default_rng(3)
    grads = [rng.normal(size=n) for n in rng.integers(1, 9, 40)]
    found = []
    for _ in range(20):
        order = rng.permutation(40)
        params = {i: np.zeros(len(grads[i])) for i in order}
        tables = [
            table(clipped(), {"p": [params[i]]}, [grads[i]], {"a": 1e-3}, shared=[SIZE])
            for i in order
        ]
        step(*tables)
        found.append(np.concatenate([params[i] for i in range(40)]).tobytes())
    assert len(set(found)) == 1


@pytest.mark.parametrize("huge", [1e200, 1.2e154])
def test_a_norm_that_overflows_is_infinite_and_no_error(huge):
    p = [np.zeros(1), np.zeros(1)]
    step(
        table(clipped(), {"p": p}, [np.array([huge]), np.array([huge])], {"a": 1.0}, shared=[SIZE])
    )
    assert [x.tolist() for x in p] == [[0.0], [0.0]]


def test_norms_over_tensors_are_each_their_own():
    p = [f32(0, 0), f32(0)]
    step(table({"p": node("div", G, norm(G, "tensor"))}, {"p": p}, [f32(3, 4), f32(-7)]))
    assert p[0].tolist() == [np.float32(0.6), np.float32(0.8)]
    assert p[1].tolist() == [-1.0]


def test_nested_norms_see_earlier_ones():
    """‖p − g/‖g‖‖: LAMB's shape."""
    inner = node("sub", P, node("div", G, norm(G, "tensor")))
    p, g = np.array([1.0, 2.0]), np.array([3.0, 4.0])
    wanted = math.sqrt((1 - 0.6) ** 2 + (2 - 0.8) ** 2)
    step(table({"p": node("mul", P, norm(inner, "tensor"))}, {"p": [p]}, [g]))
    np.testing.assert_allclose(p, np.array([1.0, 2.0]) * wanted, rtol=1e-15)


def test_tables_of_different_depth_run_together():
    inner = node("div", G, norm(G, "tensor"))
    deep, flat, norms = np.array([1.0]), np.array([1.0]), np.array([1.0])
    step(
        table({"p": norm(node("sub", P, inner), "tensor")}, {"p": [deep]}, [np.array([-3.0])]),
        table(sgd(), {"p": [flat]}, [np.array([0.5])], {"a": 1.0}),
        table({"p": node("mul", P, norm(G, "tensor"))}, {"p": [norms]}, [np.array([-3.0])]),
    )
    assert (deep[0], flat[0], norms[0]) == (2.0, 0.5, 3.0)


def test_all_is_measured_before_anything_is_written():
    """The second table's norm reads what the first one writes."""
    shared_memory = f32(3, 4)
    writes = table({"p": const(0)}, {"p": [shared_memory]})
    reads = table(
        {"p": node("add", P, norm(V, "tensor"))}, {"p": [f32(1)[:1]], "v": [shared_memory[:1]]}
    )
    step(writes, reads)
    assert reads.columns["p"][0].tolist() == [4.0]
    assert shared_memory.tolist() == [0.0, 0.0]


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("dtype", ["f2", "f4", "f8", "bf16"])
def test_non_finite_gradients_stop_every_write(bad, dtype):
    def make(*numbers):
        if dtype == "bf16":
            return torch.tensor(numbers, dtype=torch.bfloat16)
        return np.array(numbers, dtype)

    outputs = {"p": node("add", P, G), "v": node("mul", V, const(2)), "g": node("mul", G, const(2))}
    p, v = [make(1, 2), make(3), make()], [make(1, 1), make(1), make()]
    g = [make(1, 1), make(bad), make()]
    first = table(outputs, {"p": p, "v": v}, g)
    q, h = make(5), make(bad)
    second = table(sgd(), {"p": [q]}, [h], {"a": 1.0})
    assert step(first, second, check_finite=True) == Launch([(0, 1), (1, 0)])
    assert [x.tolist() for x in (*p, *v, q, g[0])] == [
        [1, 2],
        [3],
        [],
        [1, 1],
        [1],
        [],
        [5],
        [1, 1],
    ]
    step(first, check_finite=False)
    assert p[0].tolist() == [2.0, 3.0]


def test_rows_at_rest_may_hold_anything():
    p = [f32(1), f32(2)]
    made = table(sgd(), {"p": p}, [f32(1), f32(np.nan)], {"a": 1.0})
    made.rows = [0]
    assert step(made, check_finite=True).non_finite == []
    assert [x.tolist() for x in p] == [[0.0], [2.0]]


def test_finite_is_finite_up_to_the_largest():
    p, g = np.zeros(1, "f2"), np.array([65504.0], "f2")
    assert step(table(sgd(), {"p": [p]}, [g], {"a": 1.0}), check_finite=True).non_finite == []


def test_no_tables():
    assert Step([]).run(check_finite=True) == Launch([])


def test_no_rows():
    empty = Table(schedule(Formula((("p", node("mul", A, P)),))), {"p": []})
    assert step(empty, check_finite=True).non_finite == []
    assert empty.scalars.shape == (0, 1)


@pytest.fixture
def asked(monkeypatch):
    """(stage, values) of every time that scalars are computed."""
    calls = []
    plain = Schedule.scalars

    def counting(self, stage, values, norms):
        calls.append((stage, values))
        return plain(self, stage, values, norms)

    monkeypatch.setattr(Schedule, "scalars", counting)
    return calls


def test_scalars_are_computed_once_for_rows_that_share_values(asked):
    made = table(sgd(), {"p": [f32(1), f32(1), f32(1)]}, [f32(1)] * 3)
    shared, own = {"a": 0.5}, {"a": 0.25}
    made.groups = [(shared, [0, 2]), (own, [1])]
    step(made)
    assert asked == [(0, shared), (0, own)]
    assert made.scalars[:, 0].tolist() == [0.5, 0.25, 0.5]
    assert [t.tolist() for t in made.columns["p"]] == [[0.5], [0.75], [0.5]]


def test_scalars_are_computed_again_only_for_other_values_or_norms(asked):
    made = table(clipped(), {"p": [f32(0)]}, [f32(4)], {"a": 1.0}, shared=[SIZE])
    bound = Step([made])
    for a, g in ((1.0, 4), (1.0, 8), (0.5, 8)):
        if made.groups[0][0]["a"] != a:
            made.groups = [({"a": a}, [0])]
        made.set_gradients([torch.tensor([float(g)])])
        bound.run(check_finite=False)
    assert [stage for stage, _ in asked] == [1, 1, 1]  # of stage 0 there are none
    assert made.columns["p"][0].tolist() == [-2.5]

    plainly = table(sgd(), {"p": [f32(0)]}, [f32(4)], {"a": 1.0})
    bound = Step([plainly])
    asked.clear()
    for groups in (plainly.groups, plainly.groups, [({"a": 0.5}, [0])]):
        plainly.groups = groups
        bound.run(check_finite=False)
    assert [stage for stage, _ in asked] == [0, 0]
    assert plainly.columns["p"][0].tolist() == [-4 - 4 - 2]


def test_a_scalar_beyond_float32_is_infinite_without_a_warning():
    made = table({"p": node("add", P, A)}, {"p": [f32(0)]}, [f32(1)], {"a": 1e300})
    step(made)
    assert made.columns["p"][0].tolist() == [math.inf]
