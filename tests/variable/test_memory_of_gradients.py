"""Gradients have memory of their own, whatever torch adds to in place."""

from __future__ import annotations

import numpy as np
import pytest

import catenary
import catenary.functions as F
from catenary import optimizers
from catenary.link import Link
from catenary.variable import Parameter, Variable


def test_a_gradient_that_was_given_stays_as_it_is():
    x, given = Variable(np.ones((2, 3), "f")), np.ones(6, "f")
    y = x.reshape(6)
    for total in (1, 2, 3):
        y.grad = given
        y.backward()
        assert (given == 1).all()
        assert (x.grad == total).all()


def test_a_retained_gradient_stays_as_it_is():
    x = Variable(np.ones((2, 3), "f"))
    y = x.reshape(6)
    z = F.sum(y * 2)
    z.backward(retain_grad=True)
    z.backward()
    assert (y.grad == 2).all()
    assert (x.grad == 4).all()


def test_a_gradient_that_was_recorded_stays_as_it_is():
    x = Variable(np.array([2.0]))
    y = F.sum(x**3)
    y.backward(enable_double_backprop=True)
    squared = F.sum(x.grad_var**2)
    for total in (12 + 288, 12 + 2 * 288):
        squared.backward()
        np.testing.assert_allclose(x.grad, total)
    assert x.grad_var.creator is None


def test_second_derivatives_that_are_zero_have_memory():
    link = Link(W=(3,))
    link.W.array[...] = [1, -2, 3]
    optimizer = optimizers.MomentumSGD(0.1).setup(link)
    (slope,) = catenary.grad([F.sum(abs(link.W))], [link.W], enable_double_backprop=True)
    link.cleargrads()
    F.sum(slope * slope).backward()
    optimizer.update()
    assert link.W.array.tolist() == [1, -2, 3]
    assert link.W.grad.tolist() == [0, 0, 0]


def test_gradients_of_results_beside_the_root_are_sent_too():
    x = Variable(np.zeros((2, 3), "f"))
    a, b = F.split_axis(x, [1], 1)
    a.grad, b.grad = np.full((2, 1), 2, "f"), np.full((2, 2), 5, "f")
    a.backward()
    assert x.grad.tolist() == [[2, 5, 5]] * 2
    assert a.grad is b.grad is None


def test_added_gradients_must_fit():
    x, y = Parameter(np.zeros(3, "f")), Parameter(np.zeros(2, "f"))
    x.grad, y.grad = x.array, y.array
    with pytest.raises(ValueError, match="shape"):
        x.addgrad(y)
    x.cleargrad()
    with pytest.raises(ValueError, match="shape"):
        x.addgrad(y)
    assert x.grad is None
