"""User-written functions where catenary says more than the original, or lives longer."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest
import torch

import catenary.functions as F
from catenary.config import using_config
from catenary.function import Function
from catenary.function_node import FunctionNode, backward, grad
from catenary.variable import Parameter, Variable, no_backprop_mode


class Scale(FunctionNode):
    """y = 2 x, with outputs and inputs retained."""

    def forward(self, inputs):
        self.retain_inputs((0,))
        self.retain_outputs((0,))
        return (inputs[0] * 2,)

    def backward(self, indexes, gys):
        (y,) = self.get_retained_outputs()
        (x,) = self.get_retained_inputs()
        return (gys[0] * (y / x),)


class Square(Function):
    def forward(self, inputs):
        return (inputs[0] ** 2,)

    def backward(self, inputs, gys):
        return (2 * inputs[0] * gys[0],)


def vector(*numbers):
    return Variable(np.array(numbers, "f"))


def test_arrays_are_the_variables_own_memory():
    seen = []

    class Same(FunctionNode):
        def forward(self, inputs):
            seen.extend(inputs)
            return inputs

    x = vector(1, 2)
    (y,) = Same().apply((x,))
    assert seen[0] is x.array
    assert y.array is x.array
    assert y.tensor is not x.tensor


@pytest.mark.parametrize("layout", ["reversed", "readonly", "transposed"])
def test_outputs_that_torch_cannot_hold_are_copied(layout):
    class Odd(FunctionNode):
        def forward(self, inputs):
            result = np.arange(6.0).reshape(2, 3)
            if layout == "reversed":
                return (result[::-1],)
            if layout == "transposed":
                return (result.T,)
            result.flags.writeable = False
            return (result,)

    (y,) = Odd().apply((vector(1),))
    expected = np.arange(6.0).reshape(2, 3)
    expected = {"reversed": expected[::-1], "transposed": expected.T}.get(layout, expected)
    np.testing.assert_array_equal(y.array, expected)
    y.array[0] = 0  # It is writable, whatever it was made from.
    np.testing.assert_array_equal(y.tensor[0].detach().numpy(), y.array[0])


@pytest.mark.parametrize("kind", [Scale, Square])
def test_graphs_die_without_the_garbage_collector(kind):
    gc.collect()
    gc.disable()
    try:
        x = vector(1, 2)
        y = kind()(x) if kind is Square else kind().apply((x,))[0]
        creator = weakref.ref(y.creator_node)
        F.sum(y).backward()
        del y
        assert creator() is None
    finally:
        gc.enable()


def test_retained_values_outlive_their_variables():
    inner = F.relu(vector(1, 2))
    alive = weakref.ref(inner)
    (y,) = Scale().apply((inner,))
    node = inner.node
    del inner
    assert alive() is None
    np.testing.assert_array_equal(node.data, [1, 2])
    again = node.get_variable()
    assert again.node is node
    assert node.get_variable() is again
    assert again.creator.label == "ReLU"
    F.sum(y).backward()


def test_what_is_not_retained_is_gone():
    x = F.relu(vector(1))
    node = x.node
    assert node.data.tolist() == [1]
    del x
    assert node.data is None
    with pytest.raises(RuntimeError, match="retain_inputs"):
        node.get_variable()
    with pytest.raises(RuntimeError, match="gone"):
        node.retain_data()


def test_nothing_is_recorded_where_the_graph_is_off():
    x = vector(1, 2)
    with no_backprop_mode():
        function = Scale()
        (y,) = function.apply((x,))
    assert function.inputs is None
    assert y.creator is None
    assert y.tensor.is_leaf
    F.sum(y).backward()
    assert y.grad.tolist() == [1, 1]
    assert x.grad is None


def test_inside_torchs_own_no_grad():
    with torch.no_grad():
        (y,) = Scale().apply((vector(1, 2),))
    assert not y.tensor.requires_grad


def test_gradients_of_expanded_memory_may_be_changed_in_place():
    class InPlace(Function):
        def forward(self, inputs):
            return (inputs[0] * 1,)

        def backward(self, inputs, gys):
            gys[0][0] *= 10
            return gys

    x = vector(1, 2, 3)
    F.sum(InPlace()(x)).backward()  # sum hands one number, seen three times
    assert x.grad.tolist() == [10, 1, 1]


def test_ints_pass_by():
    class Pick(FunctionNode):
        def forward(self, inputs):
            x, index = inputs
            return x[index], index * 2

        def backward(self, indexes, gys):
            assert indexes == (0, 1)
            assert gys[1] is None
            return F.broadcast_to(F.sum(gys[0]), (3,)), None

    x, index = vector(1, 2, 3), Variable(np.array([2, 0]))
    y, double = Pick().apply((x, index))
    assert double.array.tolist() == [4, 0]
    F.sum(y).backward()
    assert x.grad.tolist() == [2, 2, 2]
    assert index.grad is None


def test_accumulation_of_ones_own():
    class Own(FunctionNode):
        def forward(self, inputs):
            return (inputs[0] * 3,)

        def backward_accumulate(self, indexes, gys, gxs):
            assert gxs == (None,)
            return (gys[0] * 3,)

    x = vector(1)
    y = Own().apply((x,))[0]
    F.sum(y).backward()
    assert x.grad.tolist() == [3]
    gy = vector(5)
    assert Own().apply((x,))[0].creator.backward_accumulate((0,), (gy,), (None,))[0].array == 15


def test_the_default_accumulation_adds():
    x = vector(1)

    class Identity(FunctionNode):
        def forward(self, inputs):
            return (inputs[0] * 1,)

        def backward(self, indexes, gys):
            return gys

    creator = Identity().apply((x,))[0].creator
    found = creator.backward_accumulate((0,), (vector(2),), (vector(3),))
    assert found[0].array.tolist() == [5]
    assert creator.backward_accumulate((0,), (None,), (vector(3),))[0].array.tolist() == [3]
    assert creator.backward_accumulate((0,), (vector(2),), (None,))[0].array.tolist() == [2]


@pytest.mark.parametrize(
    ("gradient", "error", "match"),
    [
        (np.ones(2, "f"), TypeError, "no Variable, but ndarray"),
        (vector(1, 2, 3), ValueError, r"shape \(3,\); the input's is \(2,\)"),
    ],
)
def test_wrong_gradients_are_named(gradient, error, match):
    class Wrong(FunctionNode):
        def forward(self, inputs):
            return (inputs[0] * 1,)

        def backward(self, indexes, gys):
            return (gradient,)

    x = vector(1, 2)
    with pytest.raises(error, match=f"Wrong returned for input 0.*{match}"):
        F.sum(Wrong().apply((x,))[0]).backward()
    assert x.grad is None


def test_debug_mode_says_where():
    class Nan(FunctionNode):
        def forward(self, inputs):
            return (inputs[0] * 1,)

        def backward(self, indexes, gys):
            return (Variable(np.full_like(gys[0].array, np.nan)),)

    class NanForward(Nan):
        def forward(self, inputs):
            return (inputs[0] * np.float32("nan"),)

    x = vector(1)
    with using_config("debug", True):
        with pytest.raises(RuntimeError, match="forward pass of NanForward"):
            NanForward().apply((x,))
        loss = F.sum(Nan().apply((x,))[0])
        with pytest.raises(RuntimeError, match="backward pass of Nan") as caught:
            loss.backward()
    assert any("test_debug_mode_says_where" in note for note in caught.value.__notes__)


def test_missing_forward_says_for_what():
    class Empty(FunctionNode):
        pass

    with pytest.raises(NotImplementedError, match="Empty defines no forward for the CPU"):
        Empty().apply((vector(1),))
    with pytest.raises(RuntimeError, match=r"Empty.*apply"):
        Empty()(vector(1))
    with pytest.raises(RuntimeError, match="retained no outputs"):
        _ = Scale().output_data


def test_type_checks_can_be_off():
    class Never(FunctionNode):
        def check_type_forward(self, in_types):
            raise AssertionError

        def forward(self, inputs):
            return inputs

    with using_config("type_check", False):
        Never().apply((vector(1),))
    with pytest.raises(AssertionError):
        Never().apply((vector(1),))


def test_force_backprop_mode_inside_a_backward():
    seen = []

    class Inner(FunctionNode):
        def forward(self, inputs):
            return (inputs[0] * 1,)

        def backward(self, indexes, gys):
            with using_config("enable_backprop", True):
                z = vector(3.0)
                F.sum(z * z).backward()
            seen.append(z.grad.tolist())
            seen.append((gys[0] * 2).creator)
            return gys

    F.sum(Inner().apply((vector(1),))[0]).backward()
    assert seen == [[6], None]


def test_creators_can_be_named():
    x, y = vector(1), vector(2)
    (z,) = Scale().apply((x,))
    y.set_creator_node(z.creator_node)
    assert (y.creator, y.rank) == (z.creator, 1)
    square = Square()
    square(x)
    y.set_creator(square)
    assert y.creator is square


def test_grad_of_what_needs_none():
    x = Variable(np.ones(2, "f"), requires_grad=False)
    w = Parameter(np.ones(2, "f"))
    y = F.sum(x * w)
    assert grad([y], [x]) == [None]
    assert grad([F.sum(x)], [w]) == [None]
    with pytest.raises(ValueError, match="as many"):
        backward([y], [])
    with pytest.raises(TypeError, match="tuple or a list"):
        backward(y)


def test_gradients_with_a_graph_find_their_parameters():
    w = Parameter(np.array([2.0], "f"))
    (gw,) = grad([F.sum(w * w * w)], [w], enable_double_backprop=True)
    assert w.node in gw.creator.inputs
    F.sum(gw * gw).backward(loss_scale=8)  # the scale is recorded at w, through gw's creator
    assert w._loss_scale == 8
    assert w.grad.tolist() == [8 * 2 * 12 * 12]


def test_grad_leaves_no_trace():
    w = Parameter(np.array([2.0], "f"))
    grad([F.sum(w * w)], [w])
    assert w.grad is None
    assert w._loss_scale is None


def test_grad_leaves_unchained_variables_alone():
    x = vector(1, 2)
    a = x * 2
    y = F.sum(a * x)
    a.unchain()
    (gx,) = grad([y], [x])
    assert gx.array.tolist() == [2, 4]
    assert a.grad is None
    y.backward()
    assert a.grad.tolist() == [1, 2]


def test_a_function_in_the_old_style_called_twice():
    square = Square()
    x, y = vector(1, 2), vector(3, 4)
    first, second = square(x), square(y)
    assert first.creator_node is not second.creator_node
    F.sum(first + second).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([2, 4], [6, 8])


def test_functions_on_several_threads():
    import threading

    found = []

    def work(scale):
        x = vector(scale)
        F.sum(Square()(x)).backward()
        found.append(x.grad.tolist() == [2 * scale])

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8


def unchained():
    x = Variable(np.array([2.0, 3.0]))
    h = x * x
    y = F.sum(h * h * h)
    h.unchain()
    return x, h, y


def test_grad_reaches_an_unchained_variable_and_stops_there():
    x, h, y = unchained()
    of_h, of_x = grad([y], [h, x])
    assert of_h.array.tolist() == [48.0, 243.0]
    assert of_x is None
    assert h.grad is None


def test_grad_adds_what_arrives_from_before_and_after_unchaining():
    _, h, y = unchained()
    (gradient,) = grad([F.sum(h * h) + y], [h])
    assert gradient.array.tolist() == [56.0, 261.0]


def test_the_gradient_of_an_unchained_variable_can_be_differentiated():
    _, h, y = unchained()
    (first,) = grad([y], [h], enable_double_backprop=True)
    (second,) = grad([F.sum(first)], [h])
    assert second.array.tolist() == [24.0, 54.0]


def test_grad_reaches_one_unchained_output_of_several():
    x = Variable(np.array([1.0, 2.0, 3.0, 4.0]))
    left, right = F.split_axis(x, 2, 0)
    y = F.sum(left * right)
    right.unchain()
    of_left, of_right, of_x = grad([y], [left, right, x])
    assert of_left.array.tolist() == [3.0, 4.0]
    assert of_right.array.tolist() == [1.0, 2.0]
    assert of_x.array.tolist() == [3.0, 4.0, 0.0, 0.0]
