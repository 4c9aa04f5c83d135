"""The graph: who made whom, what backward reaches, what unchaining cuts."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import catenary.functions as F
from catenary.errors import LossError
from catenary.variable import (
    Parameter,
    Variable,
    force_backprop_mode,
    no_backprop_mode,
)


def scalar(value=1.0):
    return Variable(np.array(value, "float32"))


def test_creators_and_ranks():
    x = scalar()
    y = x * 2
    z = y + x
    assert (x.rank, y.rank, z.rank) == (0, 1, 2)
    assert x.creator is None
    assert y.creator is y.creator_node
    assert y.creator.label == "_ * 2"
    assert y.creator.rank == 0
    assert z.creator.inputs == (y.node, x.node)
    assert z.creator.outputs[0]() is z.node
    assert y.node.creator is y.creator
    assert y.node.get_variable_or_none() is y
    assert (x.node.label, Variable(np.ones((2, 3), "f")).label) == ("float32", "(2, 3), float32")


def test_nodes_outlive_their_variables():
    x = Variable(np.ones((2, 3), "f"), name="x")
    y = x * 2
    node = x.node
    assert (node.name, node.shape, node.dtype, node.grad) == ("x", (2, 3), np.float32, None)
    del x
    assert node.get_variable_or_none() is None
    assert (node.name, node.grad, node.label) == ("x", None, "(2, 3), float32")
    assert y.creator.inputs == (node,)


def test_gradients_add_up_in_leaves_only():
    x = scalar()
    y = x * 2
    z = y * 3
    z.backward()
    assert (x.grad, y.grad, z.grad) == (6, None, None)
    z.backward()
    assert x.grad == 12


def test_retain_grad():
    x = scalar()
    y = x * 2
    z = y * 3
    for total in (6, 12):
        z.backward(retain_grad=True)
        assert (x.grad, y.grad, z.grad) == (total, 3, 1)
        z.cleargrad()


def test_retain_grad_of_a_variable_used_twice():
    x = scalar(3.0)
    y = x * 1
    (y * y).backward(retain_grad=True)
    assert y.grad == 6


def test_backward_starts_from_a_given_gradient():
    x = Variable(np.ones(3, "f"))
    y = x * 2
    y.grad = np.array([1, 2, 3], "f")
    y.backward()
    np.testing.assert_array_equal(x.grad, [2, 4, 6])
    assert y.grad is None


def test_backward_of_a_leaf():
    x = scalar()
    x.backward()
    assert x.grad == 1
    vector = Variable(np.ones(3, "f"))
    vector.backward()
    assert vector.grad is None


def test_many_values_need_a_gradient():
    y = Variable(np.ones(3, "f")) * 2
    with pytest.raises(LossError, match="sum"):
        y.backward()
    with pytest.raises(TypeError):
        y.backward()


def test_one_value_in_axes_is_deprecated():
    x = Variable(np.ones((1, 1), "f"))
    with pytest.warns(DeprecationWarning, match="squeeze"):
        (x * 2).backward()
    assert x.grad == [[2]]


def test_two_losses_over_one_graph_with_updates_between():
    weight = Parameter(np.ones((2, 2), "f"))
    hidden = F.matmul(np.ones((1, 2), "f"), weight)
    first, second = F.sum(hidden * hidden), F.sum(hidden)
    first.backward()
    np.testing.assert_array_equal(weight.grad, np.full((2, 2), 4))
    weight.array -= 0.1 * weight.grad
    weight.cleargrad()
    second.backward()
    np.testing.assert_array_equal(weight.grad, np.ones((2, 2)))


def test_what_needs_no_gradient_gets_none():
    x = Variable(np.ones(3, "f"), requires_grad=False)
    w = Variable(np.ones(3, "f"))
    y = F.sum(x * w)
    assert y.requires_grad
    y.backward(loss_scale=4)
    assert x.grad is None
    assert (x._loss_scale, w._loss_scale) == (None, 4)
    z = F.sum(x * 2)
    assert not z.requires_grad
    assert z.creator is not None
    z.backward()
    assert x.grad is None


def test_integers_have_creators_but_no_gradients():
    x = Variable(np.array(3))
    y = x * 2
    assert y.requires_grad
    assert y.creator is not None
    y.backward()
    assert x.grad is None


def test_no_backprop_mode():
    x = scalar()
    with no_backprop_mode():
        y = x * 2
        with force_backprop_mode():
            z = x * 3
    assert (y.creator, y.rank) == (None, 0)
    assert z.creator is not None
    (y * 5).backward()
    assert x.grad is None
    assert y.grad == 5


def test_unchain_stops_gradients_of_later_results_too():
    x = scalar()
    y = x * 2
    z = y * 3
    y.unchain()
    assert y.creator is None
    z.backward()
    assert (x.grad, y.grad) == (None, 3)
    (y * 7).backward()
    assert (x.grad, y.grad) == (None, 10)


def test_unchain_keeps_memory_and_gradient():
    y = scalar() * 2
    array = y.array
    y.grad = np.array(5, "f")
    y.unchain()
    assert y.array is array
    assert y.grad == 5
    assert y.node.rank == 1


def test_unchain_of_one_output_leaves_the_others():
    x = Variable(np.arange(4, dtype="f"))
    left, right = F.split_axis(x * 1, 2, 0)
    total = F.sum(left * 2) + F.sum(right * 3)
    right.unchain()
    total.backward()
    np.testing.assert_array_equal(x.grad, [2, 2, 0, 0])
    np.testing.assert_array_equal(right.grad, [3, 3])


def test_unchain_of_a_leaf_is_nothing():
    x = scalar()
    x.unchain()
    (x * 2).backward()
    assert x.grad == 2


def test_unchain_backward_cuts_everything_behind():
    x = scalar()
    y = x * 2
    z = y * 3
    other = y * 5
    z.unchain_backward()
    assert (z.creator, y.creator) == (None, None)
    other.backward()
    assert (x.grad, y.grad) == (None, 5)


def test_truncated_backpropagation_through_time():
    def run(steps, window):
        w, h = scalar(0.5), scalar(1.0)
        for step in range(steps):
            h = h * w
            if (step + 1) % window == 0:
                w.cleargrad()
                h.backward()
                h.unchain_backward()
        return w.grad

    # Within the last window h = h0 w^2 with h0 = 0.5^2.
    assert run(4, 2) == 0.25 * 2 * 0.5
    assert run(4, 4) == 4 * 0.5**3


def test_a_cut_frees_the_graph():
    gc.disable()
    try:
        x = scalar()
        y = x * 2
        operation, node = weakref.ref(y.creator), weakref.ref(y.node)
        z = y * 3
        del y
        assert node() is not None
        z.unchain_backward()
        assert operation() is None
        assert node() is None
    finally:
        gc.enable()


def test_cut_where_the_variable_is_gone():
    x = scalar()
    y = x * 2
    z, other = y * 3, y * 5
    del y
    z.unchain_backward()
    other.backward()
    assert x.grad is None


def test_long_graphs():
    x = scalar()
    y = x
    for _ in range(20000):
        y = y + 1
    y.backward()
    assert x.grad == 1
    y.unchain_backward()


def test_double_backprop():
    x = Variable(np.full(3, 2, "f"))
    F.sum(x**3).backward(enable_double_backprop=True)
    gradient = x.grad_var
    np.testing.assert_array_equal(gradient.array, [12, 12, 12])
    x.cleargrad()
    F.sum(gradient * gradient).backward()
    np.testing.assert_array_equal(x.grad, [2 * 12 * 12] * 3)


def test_the_graph_remembers_names():
    x, h = scalar(), scalar() * 2
    y = x + h
    x_node, h_node = y.creator.inputs
    assert (x_node.name, h_node.name) == (None, None)
    x.name = "x"
    h_node.name = "h"
    assert (x_node.name, h.name) == ("x", "h")
    del x, h
    assert (x_node.name, h_node.name) == ("x", "h")
    h_node.name = "of nobody"
    assert h_node.name == "of nobody"


def test_labels_show_the_numbers_that_were_given():
    x = scalar()
    results = (x + 1, x - 1, 1 - x, x * -0.5, x / 2, 2.0 / x, x**2, 2**x, x + 0.1, -x)
    assert [y.creator.label for y in results] == [
        "_ + 1",
        "_ + (-1)",
        "1 - _",
        "_ * (-0.5)",
        "_ * 0.5",
        "2.0 / _",
        "_ ** 2",
        "2 ** _",
        "_ + 0.1",
        "__neg__",
    ]
