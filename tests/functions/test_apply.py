"""How functions meet the graph, the configuration, and inputs that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

import catenary.functions as F
from catenary.config import using_config
from catenary.functions._apply import apply, apply_many
from catenary.utils.type_check import InvalidType
from catenary.variable import Parameter, Variable, no_backprop_mode


def test_arrays_need_no_gradient():
    array = np.ones((2, 3), "f")
    y = F.relu(array)
    assert not y.requires_grad
    assert not y.tensor.requires_grad
    assert y.creator.label == "ReLU"
    weight = Parameter(np.ones((4, 3), "f"))
    F.sum(F.linear(array, weight)).backward()
    np.testing.assert_array_equal(weight.grad, np.full((4, 3), 2))


def test_arrays_that_torch_cannot_hold():
    x = np.arange(6, dtype=">f4").reshape(2, 3)[:, ::-1]
    np.testing.assert_array_equal(F.relu(x).array, x)
    labels = np.array([1, 0], "i")
    labels.flags.writeable = False
    assert F.accuracy(x.astype("f"), labels).array == 0.5


def test_what_is_neither_variable_nor_array():
    for wrong in ([1.0], 1.0, "a", None):
        with pytest.raises(TypeError, match=r"ReLU.*numpy\.asarray"):
            F.relu(wrong)


def test_errors_name_function_shapes_and_dtypes():
    with pytest.raises(InvalidType, match=r"ReLU needs floating.*shape \(2,\) of int64"):
        F.relu(np.array([1, 2]))
    with pytest.raises(InvalidType, match=r"MatMul cannot take shape \(2, 3\) of float32"):
        F.matmul(np.ones((2, 3), "f"), np.ones((2, 3), "f"))
    with pytest.raises(TypeError) as caught:
        F.relu(np.array([1, 2]))
    assert "float" in caught.value.expect
    assert "int64" in caught.value.actual


def test_data_errors_stay_what_they_are():
    table, scores = np.ones((3, 2), "f"), np.ones((2, 3), "f")
    with pytest.raises(IndexError) as caught:
        F.embed_id(np.array([3]), table)
    assert "in EmbedIDFunction" in caught.value.__notes__
    for function in (F.softmax_cross_entropy, F.hinge, F.select_item):
        with pytest.raises(IndexError):
            function(scores, np.array([0, 3]))


def test_debug_mode_finds_nan():
    x = Variable(np.array([-1, 1], "f"))
    assert np.isnan(F.log(x).array[0])
    with using_config("debug", True):
        assert F.relu(x).array[1] == 1
        assert F.argmax(x).array == 1
        with pytest.raises(RuntimeError, match="log"):
            F.log(x)


def test_debug_mode_finds_nan_in_gradients():
    def loss():
        x = Variable(np.zeros(2, "f"))
        return x, F.sum(F.sqrt(x) * 0)

    x, y = loss()
    y.backward()
    assert np.isnan(x.grad).all()
    with using_config("debug", True):
        x, y = loss()
        with pytest.raises(RuntimeError, match="nan"):
            y.backward()
        y = F.sum(F.square(x))
        y.backward(enable_double_backprop=True)


def test_tensors_keep_their_graph():
    tensor = torch.ones(3, requires_grad=True)
    y = F.sum(F.relu(tensor * 2))
    assert y.requires_grad
    y.backward()
    assert tensor.grad.tolist() == [2, 2, 2]
    assert not F.relu(torch.ones(3)).requires_grad


def test_an_operation_that_returns_its_input_makes_a_new_variable():
    x = Variable(np.ones(3, "f"))
    y = apply("Same", lambda t: t, x)
    assert y.tensor is not x.tensor
    assert y.array.ctypes.data == x.array.ctypes.data
    a, b = apply_many("Twice", lambda t: (t, t), x)
    assert len({id(each.tensor) for each in (x, a, b)}) == 3
    F.sum(a * 2 + b * 3).backward()
    np.testing.assert_array_equal(x.grad, [5, 5, 5])


def test_several_outputs_share_a_creator():
    left, right = F.split_axis(np.ones(4, "f"), 2, 0)
    assert left.creator is right.creator
    assert [r() for r in left.creator.outputs] == [left.node, right.node]


def test_the_graph_can_be_off():
    x = Variable(np.ones(3, "f"))
    with no_backprop_mode():
        for y in (F.relu(x), *F.split_axis(x, 3, 0), F.identity(x), x[0]):
            assert y.creator is None
            assert y.tensor.is_leaf
            assert y.requires_grad
        assert F.cast(x, "f") is x


class TestDropout:
    x = np.ones((50, 4), "f")

    def test_draws_one_number_a_value(self):
        np.random.seed(3)
        y, mask = F.dropout(self.x, 0.25, return_mask=True)
        np.random.seed(3)
        expected = (np.random.rand(50, 4) >= 0.25) * np.float32(1 / 0.75)
        np.testing.assert_array_equal(mask, expected)
        np.testing.assert_array_equal(y.array, expected)
        np.testing.assert_array_equal(F.dropout(self.x, mask=mask).array, mask)

    def test_does_nothing_while_not_training(self):
        x = Variable(self.x)
        with using_config("train", False):
            assert F.dropout(x) is x
            y, mask = F.dropout(x, return_mask=True)
        assert y is x
        assert mask is None

    def test_bfloat16(self):
        y = F.dropout(Variable(torch.ones(100, dtype=torch.bfloat16)))
        assert set(y.array.tolist()) == {0.0, 2.0}


class TestBatchNormalization:
    def test_a_single_value_warns(self):
        x, one = np.ones((1, 3), "f"), np.ones(3, "f")
        running = np.zeros(3, "f"), np.ones(3, "f")
        with pytest.warns(UserWarning, match="single value") as caught:
            y = F.batch_normalization(
                x, one, one * 5, running_mean=running[0], running_var=running[1]
            )
        assert caught[0].filename == __file__
        np.testing.assert_array_equal(y.array, [[5, 5, 5]])
        np.testing.assert_allclose(running[0], 0.1 * one, rtol=1e-6)
        np.testing.assert_allclose(running[1], 0.9 * one, rtol=1e-6)

    def test_a_single_value_is_differentiated(self):
        x, gamma, beta = (Variable(np.full(shape, 2, "f")) for shape in ((1, 3), 3, 3))
        running = np.zeros(3, "f"), np.ones(3, "f")
        with pytest.warns(UserWarning, match="single value"):
            y = F.batch_normalization(
                x, gamma, beta, running_mean=running[0], running_var=running[1]
            )
        y.grad = np.float32([[1, 2, 3]])
        y.backward()
        np.testing.assert_array_equal(x.grad, np.zeros((1, 3)))
        np.testing.assert_array_equal(gamma.grad, np.zeros(3))
        np.testing.assert_array_equal(beta.grad, [1, 2, 3])

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_running_statistics_keep_their_memory_and_dtype(self, dtype):
        rng = np.random.RandomState(0)
        x, ones = rng.normal(size=(4, 3, 2, 5)).astype("f"), np.ones((3, 2), "f")
        mean, var = rng.rand(3, 2).astype(dtype), rng.rand(3, 2).astype(dtype)
        expected = [
            0.75 * old + np.float32(0.25) * new
            for old, new in ((mean, x.mean((0, 3))), (var, x.var((0, 3), ddof=1)))
        ]
        views = mean[:], var[:]
        F.batch_normalization(x, ones, ones, running_mean=mean, running_var=var, decay=0.75)
        for found, view, wanted in zip((mean, var), views, expected, strict=True):
            assert found.dtype == dtype
            np.testing.assert_array_equal(found, view)
            np.testing.assert_allclose(found, wanted, rtol=2e-3 if dtype == "float16" else 1e-6)

    def test_half_precision_input(self):
        x = np.random.RandomState(0).normal(size=(20, 3)).astype("float16")
        y = F.batch_normalization(x, np.ones(3, "f"), np.zeros(3, "f"))
        assert y.dtype == np.float16
        np.testing.assert_allclose(y.array.astype("f").std(0), 1, atol=1e-2)

    def test_half_precision_parameters(self):
        x = np.random.RandomState(0).normal(size=(20, 3)).astype("f")
        half = np.ones(3, "float16"), np.zeros(3, "float16")
        for y in (
            F.batch_normalization(x, *half),
            F.fixed_batch_normalization(x, *half, *half[::-1]),
        ):
            assert y.dtype == np.float32

    def test_the_kind_of_axis_is_checked(self):
        with pytest.raises(RuntimeError, match="int"):
            F.batch_normalization(np.ones((2, 3), "f"), *np.ones((2, 3), "f"), axis="0")


def test_mixed_precision_layers_answer_in_the_inputs_dtype():
    x, weight = np.ones((2, 3), "float16"), Parameter(np.ones((4, 3), "f"))
    y = F.linear(x, weight, np.ones(4, "float16"))
    assert y.dtype == np.float16
    assert y.array[0, 0] == 4
    image = np.ones((1, 1, 3, 3), "float16")
    y = F.convolution_2d(image, np.ones((1, 1, 2, 2), "f"), np.ones(1, "f"))
    assert y.dtype == np.float16
    assert y.array[0, 0, 0, 0] == 5


def test_class_weight_must_fit():
    with pytest.raises(ValueError, match="class_weight"):
        F.softmax_cross_entropy(
            np.ones((2, 3), "f"), np.zeros(2, "i"), class_weight=np.ones((1, 3), "f")
        )


def test_add_takes_one_argument_or_more():
    x = Variable(np.ones(2, "f"))
    np.testing.assert_array_equal(F.add(x).array, x.array)
    with pytest.raises(TypeError, match="at least one"):
        F.add()


def test_views_share_memory():
    x = Variable(np.arange(6, dtype="f").reshape(2, 3))
    for y in (x.T, x[0], x.reshape(6), F.expand_dims(x, 0), *F.split_axis(x, 3, 1)):
        assert np.shares_memory(y.array, x.array)
    assert F.reshape(x, (2, 3)) is x
    assert F.broadcast_to(x, (2, 3)) is x
    assert F.broadcast(x) is x


@pytest.mark.parametrize(
    "index",
    [np.array(1), np.int64(1), [], [True, False], (slice(None), [0, 2]), torch.tensor([1, 0])],
    ids=str,
)
def test_more_indices(index):
    x = np.arange(6, dtype="f").reshape(2, 3)
    plain = index.numpy() if isinstance(index, torch.Tensor) else index
    plain = np.array(plain, int) if isinstance(plain, list) and not plain else plain
    np.testing.assert_array_equal(Variable(x)[index].array, x[plain])


@given(st.data())
def test_basic_indices(data):
    shape = data.draw(npst.array_shapes(max_dims=3, max_side=4))
    index = data.draw(npst.basic_indices(shape, allow_newaxis=True))
    x = Variable(np.arange(np.prod(shape), dtype="f").reshape(shape))
    y = x[index]
    np.testing.assert_array_equal(y.array, x.array[index])
    F.sum(y).backward()
    expected = np.zeros(shape)
    expected[index] = 1
    np.testing.assert_array_equal(x.grad, expected)


def test_indexing_by_a_variable():
    x = Variable(np.arange(3, dtype="f"))
    np.testing.assert_array_equal(x[Variable(np.array([2, 0]))].array, [2, 0])


def test_extrema_differentiate_twice():
    x = Variable(np.array([1, 3, 2], "f"))
    y = F.max(x * x)
    y.backward(enable_double_backprop=True)
    first = x.grad_var
    np.testing.assert_array_equal(first.array, [0, 6, 0])
    x.cleargrad()
    F.sum(first).backward()
    np.testing.assert_array_equal(x.grad, [0, 2, 0])


def test_infinities_do_not_leak_from_masks():
    x = Variable(np.array([[np.inf, 1.0]], "f"))
    loss = F.sigmoid_cross_entropy(x, np.array([[-1, 1]]), reduce="no")
    assert loss.array[0, 0] == 0
    table = Parameter(np.array([[np.inf], [1.0]], "f"))
    y = F.embed_id(np.array([-1, 1]), table, ignore_label=-1)
    F.sum(y).backward()
    np.testing.assert_array_equal(y.array, [[0], [1]])
    np.testing.assert_array_equal(table.grad, [[0], [1]])


@pytest.mark.parametrize(
    "call",
    [
        lambda: F.depth2space(np.ones((2, 3, 4, 4), "f"), 2),
        lambda: F.space2depth(np.ones((2, 3, 3, 4), "f"), 2),
        lambda: F.repeat(np.ones((2, 3), "f"), 2, axis=2),
        lambda: F.repeat(np.ones((2, 3), "f"), (1, 2), axis=1),
        lambda: F.deconvolution_2d(
            np.ones((2, 3, 4, 4), "f"), np.ones((3, 2, 2, 2), "f"), np.ones(3, "f")
        ),
        lambda: F.swapaxes(np.ones((2, 3), "f"), 0, 2),
        lambda: F.tensordot(np.ones((2, 3), "f"), np.ones((2, 3), "f"), 1),
        lambda: F.einsum("ij,jk", np.ones((2, 3), "f"), np.ones((2, 3), "f")),
        lambda: F.spatial_transformer_sampler(
            np.ones((1, 1, 2, 2), "f"), np.ones((1, 3, 2, 2), "f")
        ),
    ],
)
def test_where_chainer_lets_numpy_complain_we_name_the_function(call):
    with pytest.raises(InvalidType, match="shape"):
        call()


def test_networks_without_dropout_draw_no_numbers():
    rng = np.random.RandomState(0)
    weights = [[rng.randn(2, 2).astype("f") for _ in range(2)] for _ in range(2)]
    biases = [[np.zeros(2, "f")] * 2] * 2
    hx, xs = np.zeros((2, 3, 2), "f"), [np.ones((n, 2), "f") for n in (3, 1)]
    before = np.random.get_state()[1].copy()
    with using_config("train", False):
        h, ys = F.n_step_rnn(2, 0.5, hx, weights, biases, xs)
    F.n_step_rnn(2, 0.0, hx, weights, biases, xs)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
    assert [y.shape for y in ys] == [(3, 2), (1, 2)]
    np.testing.assert_array_equal(h.array[1, 0], ys[1].array[0])


def test_borders_of_other_modes_are_numpys():
    x = np.arange(12, dtype="f").reshape(3, 4)
    for mode in ("edge", "reflect", "symmetric", "wrap"):
        y = F.pad(x, ((1, 2), (0, 1)), mode)
        np.testing.assert_array_equal(y.array, np.pad(x, ((1, 2), (0, 1)), mode))
    for wrong in ({"mode": "mean"}, {"mode": "reflect", "reflect_type": "odd"}):
        with pytest.raises(NotImplementedError, match="edge"):
            F.pad(x, 1, **wrong)


def test_labels_that_no_place_holds_are_infinitely_unlikely():
    scores = [np.zeros((1, 3), "f")]
    loss = F.connectionist_temporal_classification(scores, np.array([[1, 2]], "i"), 0)
    assert loss.array == np.inf


def test_more_axes_than_torch_has():
    x = np.ones((1, 1, 2, 2, 2, 2), "f")
    for call in (
        lambda: F.convolution_nd(x, x),
        lambda: F.deconvolution_nd(x, x),
        lambda: F.max_pooling_nd(x, 2),
        lambda: F.average_pooling_nd(x, 2),
        lambda: F.unpooling_nd(x, 2),
    ):
        with pytest.raises(ValueError, match="three axes"):
            call()


def test_samples_and_noise_can_be_kept():
    y, eps = F.gaussian(np.zeros((2, 3), "f"), np.zeros((2, 3), "f"), return_eps=True)
    np.testing.assert_array_equal(y.array, eps)
    half = Variable(torch.zeros(4, dtype=torch.bfloat16))
    assert F.gaussian(half, half).array.dtype == torch.bfloat16
    loss, samples = F.negative_sampling(
        np.ones((2, 3), "f"),
        np.array([1, 0], "i"),
        np.ones((4, 3), "f"),
        lambda shape: np.full(shape, 3, "i"),
        2,
        return_samples=True,
    )
    assert loss.shape == ()
    assert samples.tolist() == [[1, 3, 3], [0, 3, 3]]


def test_equal_vectors_have_a_finite_gradient():
    x = Variable(np.ones((2, 3), "f"))
    F.contrastive(x, np.ones((2, 3), "f"), np.array([0, 1], "i")).backward()
    np.testing.assert_array_equal(x.grad, np.zeros((2, 3)))
    x = Variable(np.zeros((2, 3), "f"))
    F.sum(F.normalize(x, eps=0.5)).backward()
    np.testing.assert_array_equal(x.grad, np.full((2, 3), 2))


def test_zoneout_while_not_training_returns_the_new_values():
    x = Variable(np.ones(3, "f"))
    with using_config("train", False):
        assert F.zoneout(np.zeros(3, "f"), x) is x


@pytest.mark.parametrize(
    "axes",
    [
        ([0, 1], [1, 2]),
        ([1, 0], [0, 2]),
        ([0, 30], (30, 51), [51, 0]),
        ([..., 1], [1, 2], [2, ...]),
        ([0, 1], [1, 2], []),
    ],
)
def test_einsum_takes_lists_of_axes(axes):
    arrays = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    operands = [operand for pair in zip(arrays, axes, strict=False) for operand in pair]
    operands += axes[2:]
    found = F.einsum(*operands)
    np.testing.assert_allclose(found.array, np.einsum(*operands))


@pytest.mark.parametrize(
    ("error", "call"),
    [
        (ValueError, lambda: F.resize_images(np.ones((1, 1, 2, 2), "f"), (2, 2), mode="cubic")),
        (ValueError, lambda: F.permutate(np.ones(3, "f"), np.array([0, 0, 1]))),
        (TypeError, lambda: F.einsum(np.ones((2, 2), "f"), [0, 0.5])),
        (TypeError, lambda: F.einsum(np.ones((2, 2), "f"), np.ones((2, 2), "f"))),
        (ValueError, lambda: F.einsum(np.ones((2, 2), "f"), [0, 52])),
        (InvalidType, lambda: F.convolution_nd(np.ones((1, 1, 3), "f"), np.ones((1, 1), "f"))),
    ],
)
def test_arguments_that_do_not_fit(error, call):
    with pytest.raises(error):
        call()


def test_no_sequences_and_no_regions():
    assert F.transpose_sequence([]) == ()
    image, none = np.ones((1, 2, 4, 4), "f"), np.ones((0, 5), "f")
    assert F.roi_pooling_2d(image, none, 2, 3, 1.0).shape == (0, 2, 2, 3)
    with pytest.warns(DeprecationWarning), pytest.raises(InvalidType):
        F.batch_matmul(np.ones((2, 3), "f"), np.ones((3, 3), "f"))
