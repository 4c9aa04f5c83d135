"""What a Variable is, shows, refuses and does with its operators."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch

import catenary.functions as F
from catenary.backend import CpuDevice
from catenary.variable import Variable


def test_properties():
    x = Variable(np.ones((2, 3), "f"), name="x")
    for v in (x, x * 1):
        assert (v.shape, v.ndim, v.size, v.dtype, len(v)) == ((2, 3), 2, 6, np.float32, 2)
        assert type(v.shape) is tuple
        assert v.device == CpuDevice()
        assert v.xp is np
    assert (x.name, (x * 1).name) == ("x", None)
    assert Variable(np.array([4.5])).item() == 4.5
    with pytest.raises(TypeError, match="length"):
        len(Variable(np.array(1.0)))
    with pytest.raises(AttributeError):
        x.requires_grad = False


def test_text():
    x = Variable(np.array([[1, 2], [3, 4]], "f"), name="x")
    assert str(x) == "variable x([[1. 2.]\n            [3. 4.]])"
    assert repr(x) == "variable x([[1., 2.],\n            [3., 4.]])"
    assert repr(Variable(np.ones((), "f"))) == "variable(1.)"
    assert repr(Variable(np.ones((0, 2), "f"))) == "variable([], shape=(0, 2))"
    assert x.summary() == "<variable x>"
    assert Variable().summary().startswith("<variable at 0x")
    x.grad = np.zeros((2, 2), "f")
    text = x.debug_print()
    assert "- shape: (2, 2)" in text
    assert "mean=2.50000000, std=1.11803399" in text
    assert text.endswith("- grad: 0")
    x.grad[0, 0] = 4
    assert x.debug_print().endswith("mean=1.00000000, std=1.73205081")


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_comparisons_are_refused(operator):
    x = Variable(np.ones(3, "f"))
    with pytest.raises(TypeError, match=operator):
        eval(f"x {operator} x", {"x": x})


def test_truth_and_hash_are_refused():
    x = Variable(np.ones((), "f"))
    with pytest.raises(TypeError, match="array"):
        bool(x)
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)


def test_methods():
    x = Variable(np.arange(6, dtype="f").reshape(2, 3))
    assert x.T.shape == (3, 2)
    assert x.reshape(3, 2).shape == x.reshape((3, -1)).shape == (3, 2)
    assert x.transpose().shape == x.transpose(1, 0).shape == x.transpose((1, 0)).shape == (3, 2)
    assert x.transpose(None).shape == (3, 2)
    np.testing.assert_array_equal(x.mean(axis=1).array, [1, 4])
    assert x.mean(weights=np.ones((2, 3), "f"), keepdims=True).shape == (1, 1)
    assert [row.shape for row in x] == [(3,), (3,)]
    assert (+x) is x
    F.sum(x[1] * x.T[:, 0]).backward()
    np.testing.assert_array_equal(x.grad, [[3, 4, 5], [0, 1, 2]])


def test_operators_with_numpy_on_the_left():
    x = Variable(np.full((2, 2), 2, "f"))
    for left in (np.ones((2, 2), "f"), np.float64(1), np.float32(1), np.array(1.0), 1, 1.0):
        for result in (left + x, left * x, left - x, left / x):
            assert isinstance(result, Variable)
            assert result.dtype == np.float32
            assert result.shape == (2, 2)
    np.testing.assert_array_equal((np.float64(1) - x).array, -np.ones((2, 2)))
    assert isinstance(np.ones((2, 2), "f") @ x, Variable)
    assert isinstance(x + torch.ones(2, 2, dtype=torch.float64), Variable)
    with pytest.raises(ZeroDivisionError):
        x / 0


def test_copy_shares_values_and_not_gradients():
    x = Variable(np.ones(3, "f"), name="x")
    x.grad = np.ones(3, "f")
    y = copy.copy(x)
    assert y.array is x.array
    assert y.name == "x"
    np.testing.assert_array_equal(y.grad, x.grad)
    assert y.node is not x.node
    y.cleargrad()
    assert x.grad is not None
    x.tensor.detach()[0] = 4
    assert y.tensor[0] == 4
    F.sum(y * 2).backward()
    assert y.grad[0] == 2
    assert x.grad[0] == 1
    z = copy.copy(x * 2)
    assert z.creator is None
    assert z.tensor.is_leaf


def test_deepcopy_and_pickle_share_nothing():
    x = Variable(np.ones(3, "f"), name="x")
    x.grad = np.ones(3, "f")
    x.mark = [1]
    for y in (copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert (y.name, y.mark, y.requires_grad, y.creator) == ("x", [1], True, None)
        y.array[0] = 7
        y.grad[0] = 7
        y.mark.append(2)
        F.sum(y).backward()
        assert y.grad[0] == 8
    assert (x.array[0], x.grad[0], x.mark) == (1, 1, [1])
    half = copy.deepcopy(Variable(torch.ones(2, dtype=torch.bfloat16)))
    assert half.dtype is torch.bfloat16


def test_deepcopy_keeps_identities():
    x = Variable(np.ones(3, "f"))
    a, b = copy.deepcopy([x, x])
    assert a is b


class Elsewhere(CpuDevice):
    """Another name for the CPU: a move to it takes every step of a move."""

    name = "@elsewhere"


def test_a_move_keeps_values_gradient_and_identity():
    x = Variable(np.ones(3, "f"))
    tensor, grad = x.tensor, np.ones(3, "f")
    x.grad = grad
    x.to_device(Elsewhere())
    assert x.tensor is tensor
    np.testing.assert_array_equal(x.array, [1, 1, 1])
    np.testing.assert_array_equal(x.grad, grad)
    F.sum(x).backward()
    assert x.grad[0] == 2
    y = x * 2
    y.to_device(Elsewhere())
    assert y.grad is None
    assert Variable().to_device(Elsewhere()) is None


def test_to_device():
    x = Variable(np.ones(3, "f"))
    array = x.array
    x.to_cpu()
    x.to_device("@numpy")
    assert x.array is array
    if not torch.cuda.is_available():
        with pytest.raises(RuntimeError, match="GPU"):
            x.to_gpu()
        with pytest.raises(RuntimeError, match="GPU"):
            x.to_device("@cupy:0")
    assert x.array is array
