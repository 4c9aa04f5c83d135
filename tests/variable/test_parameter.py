"""Parameters: first values, waiting for a shape, update rules."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch

import catenary.functions as F
from catenary import changes, initializers
from catenary.errors import UninitializedError
from catenary.variable import Parameter, Variable


def test_from_an_array():
    array = np.arange(3.0)
    p = Parameter(array, name="W")
    assert p.array is array
    assert (p.name, p.dtype, p.grad, p.is_initialized) == ("W", np.float64, None, True)


@pytest.mark.parametrize(
    ("initializer", "shape", "values"),
    [
        (None, (2,), [np.nan, np.nan]),
        (1, (2,), [1, 1]),
        (np.float64(0.5), 2, [0.5, 0.5]),
        (initializers.One(), (2,), [1, 1]),
        (np.arange(2.0), (2,), [0, 1]),
        (np.ones(1), (2,), [1, 1]),
    ],
)
def test_from_a_shape(initializer, shape, values):
    p = Parameter(initializer, shape)
    np.testing.assert_array_equal(p.array, np.array(values, "f"))
    assert p.dtype == np.float32
    assert np.isnan(p.grad).all()


def test_the_initializers_dtype_wins():
    p = Parameter(initializers.Zero("float64"), (2,))
    assert p.dtype == p.grad.dtype == np.float64
    assert Parameter(initializers.Zero("float16")).dtype == np.float16
    assert Parameter(initializers.Zero("int32"), (2,)).grad.dtype == np.int32


def test_an_array_of_the_wrong_shape():
    with pytest.raises(ValueError, match="broadcast"):
        Parameter(np.arange(3.0), (4,))


def test_without_a_shape():
    p = Parameter(name="W")
    assert not p.is_initialized
    assert p.array is None
    assert p.grad is None
    assert p.device.xp is np
    assert repr(p) == "variable W(None)"
    p.update()
    for ask in (lambda: p.tensor, lambda: p.shape, lambda: p.dtype, lambda: F.relu(p)):
        with pytest.raises(UninitializedError):
            ask()


def test_initialize():
    p = Parameter(initializers.One())
    before = changes.now()
    p.initialize((2, 3))
    assert changes.now() != before
    np.testing.assert_array_equal(p.array, np.ones((2, 3)))
    assert np.isnan(p.grad).all()
    assert p.tensor.requires_grad


def test_initialize_again():
    p = Parameter(initializers.Normal(), (2, 3))
    tensor, before = p.tensor, p.array.copy()
    p.initialize((2, 3))
    assert p.tensor is tensor
    assert (p.array != before).all()
    assert p.grad is None
    p.initialize((4,))
    assert p.shape == (4,)


def test_the_first_gradient_can_be_chosen_before_the_shape():
    p = Parameter(0)
    p.cleargrad()
    p.initialize((2,))
    assert p.grad is None
    p = Parameter(0)
    with pytest.warns(DeprecationWarning):
        p.zerograd()
    p.initialize((2,))
    np.testing.assert_array_equal(p.grad, [0, 0])


def test_addgrad_and_copydata_initialize():
    source = Variable(np.ones(2, "f"), grad=np.full(2, 3, "f"))
    p = Parameter(0)
    p.cleargrad()
    p.addgrad(source)
    np.testing.assert_array_equal(p.grad, [3, 3])
    q = Parameter(0)
    q.copydata(source)
    np.testing.assert_array_equal(q.array, [1, 1])
    r = Parameter(7)
    q.copydata(r)
    np.testing.assert_array_equal(q.array, [7, 7])
    Parameter(0).copydata(Parameter(0))


def test_copies_without_a_shape_get_it_together():
    p = Parameter(2)
    q, r = copy.copy(p), copy.copy(p)
    independent = copy.deepcopy(p)
    q.cleargrad()
    r.initialize((3,))
    assert p.array is r.array
    assert q.array is r.array
    assert q.grad is None
    assert p.grad is not r.grad
    assert not independent.is_initialized


def test_update_rule():
    class Rule:
        seen = ()

        def update(self, parameter):
            self.seen = (*self.seen, parameter)

    p, rule = Parameter(0, (2,)), Rule()
    assert p.update_rule is None
    before = changes.now()
    p.update_rule = rule
    assert changes.now() != before
    p.update()
    assert rule.seen[0] is p


def test_cast_copy():
    p = Parameter(np.array([1, 2.5], "f"), name="W")
    half = p.cast_copy("float16")
    assert (half.dtype, half.name, type(half)) == (np.float16, "W", Parameter)
    same = p.cast_copy(np.float32)
    same.array[0] = 9
    assert p.array[0] == 1
    assert p.cast_copy(torch.bfloat16).dtype is torch.bfloat16
    with pytest.raises(TypeError):
        p.cast_copy(object)


def test_from_tensor_shares_the_gradient():
    layer = torch.nn.Linear(2, 1)
    p = Parameter.from_tensor(layer.weight, "weight")
    assert p.tensor is layer.weight
    assert p.grad is None
    layer(torch.ones(3, 2)).sum().backward()
    np.testing.assert_array_equal(p.grad, [[3, 3]])
    p.grad = np.zeros((1, 2), "f")
    assert not layer.weight.grad.any()
    p.array[...] = 5
    assert layer.weight[0, 0] == 5
    p.array = np.zeros((1, 2), "f")
    assert layer.weight is p.tensor
    assert not layer.weight.any()
    layer.weight.requires_grad_(False)
    assert not Parameter.from_tensor(layer.weight).requires_grad
    with pytest.raises(ValueError, match="leaf"):
        Parameter.from_tensor(torch.ones(2, requires_grad=True) * 2)


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda p: pickle.loads(pickle.dumps(p))])
def test_copies(copied):
    p = Parameter(initializers.One(), (2,), name="W")
    p.update_rule = ["rule"]
    q = copied(p)
    assert (type(q), q.name, q.update_rule) == (Parameter, "W", ["rule"])
    assert q.update_rule is not p.update_rule
    np.testing.assert_array_equal(q.array, p.array)
    assert np.isnan(q.grad).all()
    q.array[0] = 5
    assert p.array[0] == 1
    lazy = copied(Parameter(3))
    lazy.initialize((2,))
    np.testing.assert_array_equal(lazy.array, [3, 3])


def test_to_device_before_the_shape():
    p = Parameter(1)
    p.to_cpu()
    p.initialize((2,))
    assert p.array.sum() == 2
