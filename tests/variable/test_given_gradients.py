"""Gradients that the caller hands in: where they go, and that they stay what they are."""

from __future__ import annotations

import numpy as np
import pytest

import catenary
import catenary.functions as F
from catenary import Variable


def _scalar(value: float) -> Variable:
    return Variable(np.array(value, np.float32))


def _values(gradients: list[Variable | None]) -> list[float]:
    return [g.item() for g in gradients if g is not None]


def test_a_gradient_given_for_an_input_goes_on_to_what_the_input_was_computed_from() -> None:
    x = _scalar(0.5)
    h = x * 2
    y = h * 3
    given = [_scalar(1000), _scalar(100)]
    assert _values(catenary.grad([y], [x, h], [_scalar(10)], given)) == [1260, 130]


def test_a_gradient_given_for_an_output_replaces_what_would_start_there() -> None:
    x = _scalar(0.5)
    y = x * 4
    assert _values(catenary.grad([y], [y, x], [_scalar(2)], [_scalar(10), None])) == [10, 40]


def test_a_gradient_given_for_what_lies_beside_the_outputs_is_returned_and_goes_nowhere() -> None:
    x, other = _scalar(0.5), _scalar(1)
    beside = x * 2
    given = [_scalar(7), None, _scalar(5)]
    assert _values(catenary.grad([x * 3], [beside, x, other], None, given)) == [7, 3, 5]


def test_what_is_given_for_an_input_can_be_differentiated() -> None:
    x, given = _scalar(0.5), _scalar(7)
    h = x * 2
    gradients = catenary.grad([h * h], [x, h], None, [None, given], enable_double_backprop=True)
    assert _values(gradients) == [18, 9]
    assert _values(catenary.grad(gradients[:1], [x, given])) == [8, 2]


def test_a_retained_start_is_the_gradient_that_was_set() -> None:
    x = _scalar(1)
    y = F.sin(x)
    y.grad_var = start = _scalar(2)
    y.backward(retain_grad=True, enable_double_backprop=True)
    assert y.grad_var is start
    assert x.grad_var is not None
    assert _values(catenary.grad([x.grad_var], [start])) == [pytest.approx(np.cos(1))]


def test_without_retaining_the_start_is_used_up() -> None:
    y = _scalar(1) * 2
    y.grad_var = _scalar(2)
    y.backward()
    assert y.grad is None


def test_grad_is_the_array_of_the_variable_that_was_set() -> None:
    x, gradient = Variable(np.ones(3, np.float32)), np.ones(3, np.float32)
    x.grad_var = Variable(gradient)
    assert x.grad is gradient
    x.grad[0] = 5
    assert x.grad_var is not None
    assert x.grad_var.array[0] == 5


def test_backward_warns_of_an_output_without_a_gradient() -> None:
    x = _scalar(1)
    y, z = x * 2, x * 3
    y.grad_var = _scalar(1)
    with pytest.warns(RuntimeWarning, match="output 1"):
        catenary.backward([y, z])
    assert _values([x.grad_var]) == [2]
