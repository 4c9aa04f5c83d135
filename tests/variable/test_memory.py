"""A Variable's array, tensor and gradient are faces of one memory."""

from __future__ import annotations

import copy
import gc

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import catenary.functions as F
from catenary import changes
from catenary.errors import UninitializedError
from catenary.variable import Parameter, Variable, as_array, as_variable


def ones(*shape, dtype="float32"):
    return np.ones(shape, dtype)


def test_the_given_array_is_the_memory():
    array = ones(2, 3)
    x = Variable(array)
    assert x.array is array
    tensor = x.tensor
    assert x.array is array
    assert x.data is array
    assert tensor.data_ptr() == array.ctypes.data
    array[0, 0] = 5
    assert tensor[0, 0] == 5
    x.tensor.detach()[1, 1] = 7
    assert array[1, 1] == 7


def test_views_are_cached():
    y = F.relu(Variable(ones(3)))
    assert y.array is y.array
    y.grad = ones(3)
    assert y.grad is y.grad
    y.array[0] = 9
    assert y.tensor[0] == 9


def test_array_follows_a_tensor_that_was_moved():
    x = Variable(ones(3))
    before = x.array
    x.tensor.data = torch.zeros(4, dtype=torch.float64)
    assert x.array is not before
    assert x.array.shape == (4,)
    assert x.array.dtype == np.float64


def test_adoption_keeps_variable_and_tensor():
    x = Variable(ones(3))
    tensor = x.tensor
    x.grad = ones(3)
    new = np.arange(3, dtype="float32")
    x.array = new
    assert x.array is new
    assert x.tensor is tensor
    assert tensor.data_ptr() == new.ctypes.data
    assert x.grad is not None
    F.sum(x * x).backward()
    np.testing.assert_array_equal(x.grad, 1 + 2 * new)


@pytest.mark.parametrize("new", [ones(4), ones(3, dtype="float64")])
def test_adoption_of_another_form_drops_the_gradient(new):
    x = Variable(ones(3))
    tensor = x.tensor
    x.grad = ones(3)
    x.data = new
    assert x.grad is None
    assert x.tensor is tensor
    F.sum(x).backward()
    assert x.grad.shape == new.shape
    assert x.grad.dtype == new.dtype


def test_adoption_between_integers_and_floats():
    x = Variable(ones(3))
    assert x.tensor.requires_grad
    x.array = np.arange(3)
    assert not x.tensor.requires_grad
    x.array = ones(3)
    F.sum(x).backward()
    np.testing.assert_array_equal(x.grad, ones(3))


def test_adoption_of_shared_memory(tmp_path):
    p = Parameter(0, (4,))
    p.tensor  # the engine has seen it
    stored = np.memmap(tmp_path / "p", np.float32, "w+", shape=(4,))
    p.array = stored
    assert p.array is stored
    p.tensor.detach().add_(2)
    np.testing.assert_array_equal(stored, [2, 2, 2, 2])


def test_adoption_by_a_parameter_is_announced():
    before = changes.now()
    Variable(ones(3)).array = ones(3)
    assert changes.now() == before  # no plan depends on it
    parameter = Parameter(ones(3))
    before = changes.now()
    parameter.array = ones(3)
    assert changes.now() != before


def test_what_is_no_array_is_refused_and_changes_nothing():
    array = ones(3)
    x = Variable(array)
    for wrong in ([1, 2, 3], None, 1.0, x):
        with pytest.raises(TypeError):
            x.array = wrong
        assert x.array is array
    for wrong in ([1], 3, "a"):
        with pytest.raises(TypeError, match="numpy"):
            Variable(wrong)


def test_the_scalar_that_numpy_makes_without_dimensions_is_an_array():
    x = Parameter(np.array(2.0, "float32"))
    x.array = x.array * np.float32(0.5)
    assert isinstance(x.array, np.ndarray)
    assert (x.array, x.shape, x.dtype) == (1, (), np.dtype("float32"))
    x.data -= x.data * np.float32(0.5)
    assert x.tensor.item() == 0.5


def read_only():
    array = np.arange(3, dtype="float32")
    array.flags.writeable = False
    return array


FOREIGN = {
    "backward": lambda: np.arange(6, dtype="float32")[::-2],
    "big-endian": lambda: np.arange(3, dtype=">f4"),
    "read-only": read_only,
    "cut": lambda: np.zeros(3, [("a", "f4"), ("b", "i1")])["a"],
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_arrays_that_torch_cannot_hold(kind):
    array = FOREIGN[kind]()
    x = Variable(array)
    assert x.array is array
    assert (x.shape, x.dtype, x.size, x.ndim) == ((3,), array.dtype, 3, 1)
    y = F.sum(x * x)
    y.backward()
    assert y.array == (array.astype("float32") ** 2).sum()
    np.testing.assert_array_equal(x.grad, 2 * array)
    np.testing.assert_array_equal(x.array, array)
    x.array[0] = 5
    assert x.tensor[0] == 5
    x.array = array
    assert x.array is array
    assert F.sum(x).array == array.sum()
    assert x.grad is not None


def test_arrays_that_nothing_computes_with():
    x = Variable(np.array([None, "a"], object))
    assert x.array[1] == "a"
    with pytest.raises(TypeError, match="object"):
        x.tensor


def test_copydata_into_a_read_only_array():
    array = read_only()
    x = Variable(array)
    x.copydata(Variable(np.full(3, 8, "float64")))
    np.testing.assert_array_equal(x.array, [8, 8, 8])
    np.testing.assert_array_equal(array, [0, 1, 2])


def test_copydata_keeps_the_memory():
    array = ones(3)
    x = Variable(array)
    x.copydata(Variable(np.zeros(3)))
    assert x.array is array
    assert not array.any()


def test_gradient_is_the_array_given():
    x, grad = Variable(ones(3)), ones(3)
    x.grad = grad
    assert x.grad is grad
    assert x.tensor.grad.data_ptr() == grad.ctypes.data
    F.sum(x * 2).backward()
    np.testing.assert_array_equal(grad, [3, 3, 3])
    x.grad *= 2
    np.testing.assert_array_equal(x.tensor.grad, [6, 6, 6])


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ([1.0, 1.0, 1.0], TypeError),
        (ones(2), ValueError),
        (ones(3, dtype="float64"), TypeError),
        (Variable(ones(3)), TypeError),
    ],
)
def test_gradients_that_do_not_fit(wrong, error):
    x, kept = Variable(ones(3)), ones(3)
    x.grad = kept
    with pytest.raises(error):
        x.grad = wrong
    assert x.grad is kept


def test_gradients_that_torch_cannot_hold_are_copied():
    x = Variable(ones(3))
    x.grad = np.arange(3, dtype="float32")[::-1]
    np.testing.assert_array_equal(x.grad, [2, 1, 0])


def test_gradients_of_integers():
    x = Variable(np.arange(3))
    assert x.requires_grad
    x.grad = np.ones(3, int)
    np.testing.assert_array_equal(x.grad, [1, 1, 1])


def test_gradient_given_to_the_constructor():
    assert Variable(ones(3), grad=2 * ones(3)).grad[0] == 2
    with pytest.raises(ValueError, match="shape"):
        Variable(ones(3), grad=ones(2))


def test_cleargrad_and_zerograd():
    x = Variable(ones(3))
    with pytest.warns(DeprecationWarning):
        x.zerograd()
    np.testing.assert_array_equal(x.grad, np.zeros(3))
    grad = x.grad = ones(3)
    with pytest.warns(DeprecationWarning):
        x.zerograd()
    assert not grad.any()
    x.cleargrad()
    assert x.grad is None
    assert x.tensor.grad is None
    x.grad = ones(3)
    x.grad = None
    assert x.grad_var is None


def test_grad_var():
    x = Variable(ones(3))
    assert x.grad_var is None
    x.grad = 3 * ones(3)
    assert x.grad_var is x.grad_var
    x.grad_var.array[0] = 1
    np.testing.assert_array_equal(x.grad, [1, 3, 3])
    given = Variable(ones(3))
    x.grad_var = given
    assert x.grad_var is given
    with pytest.raises(ValueError, match="shape"):
        x.grad_var = Variable(ones(2))
    x.grad_var = None
    assert x.grad is None


def test_addgrad():
    x, y = Variable(ones(3)), Variable(ones(3))
    x.addgrad(y)
    assert x.grad is None
    y.grad = ones(3)
    x.addgrad(y)
    x.addgrad(y)
    np.testing.assert_array_equal(x.grad, [2, 2, 2])
    np.testing.assert_array_equal(y.grad, [1, 1, 1])


def test_bfloat16_shows_the_tensor():
    x = Variable(torch.ones(3, dtype=torch.bfloat16))
    assert x.dtype is torch.bfloat16
    assert isinstance(x.array, torch.Tensor)
    F.sum(x * 2).backward()
    assert x.grad.tolist() == [2, 2, 2]
    x.grad = torch.zeros(3, dtype=torch.bfloat16)
    assert "tensor" in repr(x)
    assert "std" in x.debug_print()


def test_tensors_are_wrapped_without_copies():
    tensor = torch.ones(3)
    x = Variable(tensor)
    assert x.array.ctypes.data == tensor.data_ptr()
    F.sum(x).backward()
    assert tensor.grad is None
    assert not tensor.requires_grad
    fixed = Variable(torch.ones(3, requires_grad=True), requires_grad=False)
    assert not F.sum(fixed).tensor.requires_grad


def test_from_tensor_stays_in_its_graph():
    tensor = torch.ones(3, requires_grad=True)
    x = Variable.from_tensor(tensor * 2, "x")
    assert (x.name, x.requires_grad, type(x)) == ("x", True, Variable)
    F.sum(x * x).backward()
    np.testing.assert_array_equal(tensor.grad, [8, 8, 8])


def test_as_variable_and_as_array():
    array = ones(2)
    x = as_variable(array)
    assert x.array is array
    assert not x.requires_grad
    assert as_variable(x) is x
    assert as_array(x) is array
    assert as_array(3) == 3
    with pytest.raises(TypeError):
        as_variable(3)


def test_without_data():
    x = Variable()
    assert x.array is None
    assert x.grad is None
    assert repr(x) == "variable(None)"
    assert "None" in x.debug_print()
    with pytest.raises(UninitializedError):
        x.tensor
    with pytest.raises(AttributeError):
        x.copydata(Variable(ones(2)))


def test_memory_dies_with_the_variable():
    gc.collect()
    x = Variable(ones(3))
    y = F.relu(x)
    y.array
    from weakref import ref

    watched = ref(y)
    gc.disable()
    try:
        del y
        assert watched() is None
    finally:
        gc.enable()


class TestLossScale:
    def scaled(self, scale=8.0):
        p = Parameter(ones(3))
        F.sum(p * 3).backward(loss_scale=scale)
        return p

    def test_backward_records_the_scale(self):
        p = self.scaled()
        assert p._loss_scale == 8.0
        np.testing.assert_array_equal(p.grad, [24, 24, 24])
        p.cleargrad()
        F.sum(p * 3).backward()
        assert p._loss_scale is None

    def test_the_first_read_of_a_spent_gradient_unscales_it(self):
        p = self.scaled()
        p._scale_spent = True
        np.testing.assert_array_equal(p.grad, [3, 3, 3])
        np.testing.assert_array_equal(p.grad, [3, 3, 3])
        assert p._loss_scale is None
        assert not p._scale_spent

    def test_the_view_is_rewritten_in_place(self):
        p = self.scaled()
        before = p.grad
        p._scale_spent = True
        assert p.grad is before
        assert p.grad_var.array[0] == 3

    def test_grad_var_unscales_too(self):
        p = self.scaled()
        p._scale_spent = True
        assert p.grad_var.array[0] == 3

    def test_backward_settles_before_it_adds(self):
        p = self.scaled()
        p._scale_spent = True
        F.sum(p * 2).backward()
        np.testing.assert_array_equal(p.grad, [5, 5, 5])
        assert p._loss_scale is None

    @pytest.mark.parametrize("act", ["cleargrad", "assign", "zerograd"])
    def test_a_new_gradient_is_not_spent(self, act):
        p = self.scaled()
        p._scale_spent = True
        if act == "assign":
            p.grad = 2 * ones(3)
            assert p._loss_scale == 8.0
            np.testing.assert_array_equal(p.grad, [2, 2, 2])
        elif act == "cleargrad":
            p.cleargrad()
        else:
            with pytest.warns(DeprecationWarning):
                p.zerograd()
        assert not p._scale_spent

    def test_unscale_grad(self):
        p = self.scaled()
        p.unscale_grad()
        np.testing.assert_array_equal(p.grad, [3, 3, 3])
        p.unscale_grad()
        np.testing.assert_array_equal(p.grad, [3, 3, 3])

    def test_copies_do_not_unscale_twice(self):
        p = self.scaled()
        p._scale_spent = True
        q = copy.copy(p)
        np.testing.assert_array_equal(q.grad, [3, 3, 3])
        np.testing.assert_array_equal(p.grad, [3, 3, 3])

    @given(st.floats(0.001, 1000))
    def test_division_is_numpys(self, scale):
        p = self.scaled(scale)
        expected = p.grad / np.float32(scale)
        p._scale_spent = True
        np.testing.assert_array_equal(p.grad, expected)
