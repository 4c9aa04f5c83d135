"""Chainer's function classes around our functions."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest

import catenary.functions as F
from catenary import Variable, get_device, grad
from catenary.function_node import FunctionNode
from catenary.functions._node_class import Wrapped
from catenary.functions.activation.relu import ReLU
from catenary.functions.array.resize_images import ResizeImagesGrad
from catenary.functions.connection import linear
from catenary.functions.connection.convolution_2d import Convolution2DFunction, Convolution2DGradW
from catenary.functions.math import basic_math
from catenary.functions.normalization import batch_normalization as bn

GOLDEN = pathlib.Path(__file__).parents[1] / "golden" / "function_classes.json"
CHAINERS = json.loads(GOLDEN.read_text())
CLASSES = {
    f"{cls.__module__}.{cls.__name__}": cls
    for cls in Wrapped.__subclasses__()
    if "_signature" in vars(cls)
}


def normal(*shape):
    return Variable(np.random.RandomState(len(shape)).normal(size=shape))


IMAGE, FILTERS, BIAS, ROWS, MORE = (
    normal(2, 3, 5, 4),
    normal(4, 3, 3, 2),
    normal(4),
    *(normal(3, 4) + k for k in range(2)),
)
LABELS = np.array([0, 3, 2], np.int32)
CPU = get_device("@numpy")
TRANSPOSED = normal(3, 4, 3, 2)
# class, the constructor's arguments, inputs, the function of those inputs
CALLS = [
    ("activation.relu.ReLU", (), (ROWS,), F.relu),
    ("activation.softmax.Softmax", (0,), (ROWS,), lambda x: F.softmax(x, 0)),
    ("activation.leaky_relu.LeakyReLU", (0.3,), (ROWS,), lambda x: F.leaky_relu(x, 0.3)),
    ("array.broadcast.BroadcastTo", ((2, 3, 4),), (ROWS,), lambda x: F.broadcast_to(x, (2, 3, 4))),
    ("array.concat.Concat", (0,), (ROWS, MORE), lambda x, y: F.concat((x, y), 0)),
    ("array.get_item.GetItem", ((1, slice(2)),), (ROWS,), lambda x: x[1, :2]),
    ("array.reshape.Reshape", ((2, 6),), (ROWS,), lambda x: F.reshape(x, (2, 6))),
    (
        "array.resize_images.ResizeImages",
        ((3, 3), "bilinear", True),
        (IMAGE,),
        lambda x: F.resize_images(x, (3, 3)),
    ),
    ("array.split_axis.SplitAxis", (2, 1), (ROWS,), lambda x: F.split_axis(x, 2, 1)),
    (
        "array.where.Where",
        (np.eye(3, 4) > 0,),
        (ROWS, MORE),
        lambda x, y: F.where(np.eye(3, 4) > 0, x, y),
    ),
    (
        "connection.convolution_2d.Convolution2DFunction",
        (2, 1, True),
        (IMAGE, FILTERS, BIAS),
        lambda x, W, b: F.convolution_2d(x, W, b, 2, 1, True),
    ),
    (
        "connection.convolution_nd.ConvolutionND",
        (2, 2),
        (IMAGE, FILTERS),
        lambda x, W: F.convolution_nd(x, W, stride=2),
    ),
    (
        "connection.deconvolution_2d.Deconvolution2DFunction",
        (2,),
        (IMAGE, TRANSPOSED),
        lambda x, W: F.deconvolution_2d(x, W, stride=2),
    ),
    (
        "connection.deconvolution_nd.DeconvolutionND",
        (2, 2),
        (IMAGE, TRANSPOSED),
        lambda x, W: F.deconvolution_nd(x, W, stride=2),
    ),
    ("connection.linear.LinearFunction", (), (ROWS, MORE), F.linear),
    (
        "loss.softmax_cross_entropy.SoftmaxCrossEntropy",
        (False,),
        (ROWS, LABELS),
        lambda x, t: F.softmax_cross_entropy(x, t, False),
    ),
    ("math.basic_math.Add", (), (ROWS, MORE), lambda x, y: x + y),
    ("math.basic_math.Sub", (), (ROWS, MORE), lambda x, y: x - y),
    ("math.basic_math.Mul", (), (ROWS, MORE), lambda x, y: x * y),
    ("math.basic_math.Div", (), (ROWS, MORE), lambda x, y: x / y),
    ("math.basic_math.Neg", (), (ROWS,), lambda x: -x),
    ("math.basic_math.Absolute", (), (ROWS,), abs),
    ("math.basic_math.AddConstant", (2,), (ROWS,), lambda x: x + 2),
    ("math.basic_math.SubFromConstant", (2,), (ROWS,), lambda x: 2 - x),
    ("math.basic_math.MulConstant", (2,), (ROWS,), lambda x: x * 2),
    ("math.basic_math.DivFromConstant", (2,), (ROWS,), lambda x: 2 / x),
    ("math.basic_math.PowVarConst", (2,), (ROWS,), lambda x: x**2),
    (
        "math.matmul.MatMul",
        (True, False, True),
        (ROWS, MORE),
        lambda x, y: F.matmul(x, y, True).T,
    ),
    ("math.minmax.Max", (1, True), (ROWS,), lambda x: F.max(x, 1, True)),
    ("math.sum.Sum", (0,), (ROWS,), lambda x: F.sum(x, 0)),
    (
        "normalization.batch_normalization.BatchNormalization",
        (0.1,),
        (ROWS, BIAS, BIAS),
        lambda x, g, b: F.batch_normalization(x, g, b, eps=0.1),
    ),
    (
        "pooling.average_pooling_2d.AveragePooling2D",
        (2, None, 1, False),
        (IMAGE,),
        lambda x: F.average_pooling_2d(x, 2, pad=1),
    ),
    (
        "pooling.max_pooling_nd.MaxPoolingND",
        (2, 2),
        (IMAGE,),
        lambda x: F.max_pooling_nd(x, 2),
    ),
    ("pooling.unpooling_nd.UnpoolingND", (2, 2), (IMAGE,), lambda x: F.unpooling_nd(x, 2)),
    ("rnn.lstm.LSTM", (), (normal(3, 1), ROWS), F.lstm),
    ("connection.shift.Shift", ((1, 3), 2), (IMAGE,), lambda x: F.shift(x, (1, 3), 2)),
    ("array.copy.Copy", (CPU, CPU), (ROWS,), lambda x: F.copy(x, CPU)),
]


@pytest.mark.parametrize("name", CLASSES)
def test_a_class_stands_where_chainers_does_and_takes_its_arguments(name):
    words = list(CLASSES[name].__signature__.parameters)
    theirs = [word for word in CHAINERS[name] if word != "impl_selector"]
    assert words[: len(theirs)] == theirs


def differentiated(ys, xs):
    total = sum(F.sum(y * y) for y in ys)
    return [None if g is None else g.array for g in grad([total], xs)]


@pytest.mark.parametrize(
    ("name", "args", "inputs", "function"), CALLS, ids=[f"{call[0]}{call[1]}" for call in CALLS]
)
def test_applying_a_class_is_calling_the_function(name, args, inputs, function):
    cls = CLASSES[f"catenary.functions.{name}"]
    node = cls(*args)
    ys = node.apply(inputs)
    expected = function(*inputs)
    expected = expected if isinstance(expected, tuple) else (expected,)
    assert [y.array.tolist() for y in ys] == [y.array.tolist() for y in expected]
    assert all(y.creator is node for y in ys)
    assert [x.shape for x in node.inputs] == [x.shape for x in inputs]
    assert [reference() for reference in node.outputs] == [y.node for y in ys]
    assert (node.rank, ys[0].rank) == (
        max(x.rank for x in inputs if x is not LABELS),
        node.rank + 1,
    )
    xs = [x for x in inputs if isinstance(x, Variable)]
    for ours, theirs in zip(differentiated(ys, xs), differentiated(expected, xs), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    if len(expected) == 1 and name.rpartition(".")[2] not in ("Absolute", "Sub", "MatMul"):
        assert isinstance(expected[0].creator, cls)


def test_what_made_a_variable_is_an_instance_of_its_class_alone():
    y, z = F.relu(ROWS), ROWS + 1
    assert isinstance(y.creator, ReLU)
    assert not isinstance(y.creator, basic_math.Add)
    assert isinstance(z.creator, basic_math.AddConstant)
    assert not isinstance(z.creator, basic_math.Add)
    assert not isinstance(ROWS, ReLU)


class SignedFilters(Convolution2DFunction):
    """A program's own class: other values forward, the function's gradient backward."""

    def forward_cpu(self, inputs):
        x, W = inputs
        return super().forward_cpu((x, np.sign(W)))


def test_a_subclass_computes_its_own_values_and_inherits_the_gradient():
    (y,) = SignedFilters(1, 1).apply((IMAGE, FILTERS))
    signs = F.convolution_2d(IMAGE.array, np.sign(FILTERS.array), None, 1, 1)
    np.testing.assert_array_equal(y.array, signs.array)
    (plain,) = Convolution2DFunction(1, 1).apply((IMAGE, FILTERS))
    seed = Variable(np.ones(y.shape))
    ours = grad([y], [IMAGE, FILTERS], [seed], enable_double_backprop=True)
    theirs = grad([plain], [IMAGE, FILTERS], [seed], enable_double_backprop=True)
    for own, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(own.array, other.array)
    (second,) = grad([F.sum(ours[0] * ours[0])], [FILTERS])
    (expected,) = grad([F.sum(theirs[0] * theirs[0])], [FILTERS])
    np.testing.assert_allclose(second.array, expected.array)


class Negated(ReLU):
    """A program's own class with its own gradient."""

    def backward(self, indexes, grads):
        return (-grads[0],)


def test_a_subclass_may_have_its_own_gradient():
    (y,) = Negated().apply((ROWS,))
    np.testing.assert_array_equal(y.array, F.relu(ROWS).array)
    (gradient,) = grad([F.sum(y)], [ROWS])
    assert (gradient.array == -1).all()


def test_sizes_have_chainers_short_names():
    node = Convolution2DFunction(stride=(2, 3), pad=1, groups=2)
    assert (node.sy, node.sx, node.ph, node.pw, node.groups) == (2, 3, 1, 1, 2)
    assert isinstance(node, FunctionNode)


def test_what_made_a_variable_has_a_gradient_of_its_own():
    y = F.leaky_relu(ROWS, 0.3)
    gx, gx_again = (y.creator.backward((0,), (MORE,))[0] for _ in range(2))
    (expected,) = grad([y], [ROWS], [MORE])
    np.testing.assert_array_equal(gx.array, expected.array)
    np.testing.assert_array_equal(gx_again.array, expected.array)


def test_wrong_arguments_are_refused_by_name():
    with pytest.raises(TypeError, match=r"Convolution2DFunction.*strides"):
        Convolution2DFunction(strides=2)


def test_axes_must_be_as_many_as_announced():
    from catenary.functions.pooling.max_pooling_nd import MaxPoolingND

    with pytest.raises(ValueError, match="3 axes"):
        MaxPoolingND(3, 2).apply((IMAGE,))


def test_nothing_is_recorded_where_nothing_records():
    from catenary import no_backprop_mode

    node = ReLU()
    with no_backprop_mode():
        (y,) = node.apply((ROWS,))
    assert y.creator is None
    assert node.inputs is None


def gradients(function, x, W, seed):
    y = function(x, W)
    return grad([y], [x, W], [seed(y)], enable_double_backprop=True)


def check_gradient_class(node, inputs, expected):
    """Compare values and gradients of a class with a gradient that `grad` has taken."""
    (found,) = node.apply(inputs)
    assert found.creator is node
    np.testing.assert_allclose(found.array, expected.array, rtol=1e-10)
    for ours, theirs in zip(
        differentiated([found], inputs), differentiated([expected], inputs), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_classes_of_the_gradients_of_linear():
    gy = normal(3, 3)
    x_grad, W_grad = gradients(F.linear, ROWS, MORE, lambda y: gy)
    check_gradient_class(linear.LinearGradData(), (MORE, gy), x_grad)
    check_gradient_class(linear.LinearGradWeight(np.float64), (ROWS, gy), W_grad)
    (narrow,) = linear.LinearGradWeight(np.float32).apply((ROWS, gy))
    assert narrow.dtype == np.float32


def test_classes_of_the_gradients_of_images():
    options = {"stride": (2, 1), "pad": (1, 0), "dilate": (1, 2)}
    node = Convolution2DFunction(**options)
    (y,) = node.apply((IMAGE, FILTERS[:, :, :, :2]))
    W, gy = FILTERS[:, :, :, :2], normal(*y.shape)
    _, W_grad = gradients(lambda x, W: F.convolution_2d(x, W, **options), IMAGE, W, lambda y: gy)
    made = Convolution2DGradW(node, W.shape, np.float64, None)
    check_gradient_class(made, (IMAGE, gy), W_grad)
    gy = normal(2, 3, 3, 7)
    y = F.resize_images(IMAGE, (3, 7), align_corners=False)
    (x_grad,) = grad([y], [IMAGE], [gy], enable_double_backprop=True)
    made = ResizeImagesGrad(IMAGE.shape, (3, 7), "bilinear", False)
    check_gradient_class(made, (gy,), x_grad)


def test_classes_of_the_gradients_of_batch_normalization():
    x, gamma, beta, gy = normal(6, 3), normal(3), normal(3) * 0, normal(6, 3) + 1
    mean, var = Variable(x.array.mean(0)), Variable(x.array.var(0))
    inv_std = (var.array + 0.01) ** -0.5
    y = F.batch_normalization(x, gamma, beta, eps=0.01)
    expected = grad([y], [x, gamma, beta], [gy], enable_double_backprop=True)
    options = (0.01, (None, slice(None)), (0,))
    node = bn.BatchNormalizationGrad(*options, mean.array, var.array, inv_std, (1,), None, None)
    found = node.apply((x, gamma, gy))
    assert all(each.creator is node for each in found)
    y = F.fixed_batch_normalization(x, gamma, beta, mean, var, eps=0.01)
    inputs = (x, gamma, beta, mean, var)
    expected += grad([y], inputs, [gy], enable_double_backprop=True)
    fixed = bn.FixedBatchNormalizationGrad(*options, inv_std, inv_std**2)
    found += fixed.apply((x, gamma, mean, var, gy))
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours.array, theirs.array, rtol=1e-10)
    second, wanted = (grad([F.sum(each * each)], [gamma]) for each in (found[0], expected[0]))
    np.testing.assert_allclose(second[0].array, wanted[0].array, rtol=1e-10)


def test_a_gradient_class_takes_arrays():
    x, gamma, gy = (v.array for v in (normal(6, 3), normal(3), normal(6, 3)))
    options = (0.01, None, (0,), None, None, None, (1,))
    gx, ggamma, gbeta = bn.BatchNormalizationGrad(*options).apply((x, gamma, gy))
    assert (gx.shape, ggamma.shape) == (x.shape, gamma.shape)
    np.testing.assert_allclose(gbeta.array, gy.sum(0))
