"""Where a special case is computed in a way of its own, it agrees with the general one."""

from __future__ import annotations

import numpy as np
import pytest

import catenary.functions as F
from catenary.variable import Variable, no_backprop_mode


def differentiated(function, *arrays):
    variables = [Variable(array.copy()) for array in arrays]
    y = function(*variables)
    y.grad = np.asarray(np.random.RandomState(1).rand(*y.shape), y.dtype)
    y.backward()
    return [y.array, *(x.grad for x in variables)]


def close(found, expected):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint8", "uint16"])
def test_labels_that_all_count(dtype):
    x = np.random.RandomState(0).randn(3, 4).astype("f")
    t = (x > 0.3).astype(dtype)
    longer = np.vstack((x, x[:1])), np.vstack((t, -np.ones((1, 4)))).astype("i")
    value, gradient = differentiated(lambda x: F.sigmoid_cross_entropy(x, t), x)
    more, with_ignored = differentiated(lambda x: F.sigmoid_cross_entropy(x, longer[1]), longer[0])
    close([value, gradient], [more, with_ignored[:3]])
    assert not with_ignored[3:].any()
    each = F.sigmoid_cross_entropy(x, t, reduce="no").array
    close([value], [each.mean()])
    assert F.sigmoid_cross_entropy(x[:0], t[:0]).array == 0


@pytest.mark.parametrize(("ksize", "pad"), [(2, 0), ((3, 2), 0), (3, 1)])
def test_windows_side_by_side(ksize, pad):
    x = np.random.RandomState(0).randn(2, 3, 4, 5).astype("f")
    ones = np.ones((1, 1, *(ksize if isinstance(ksize, tuple) else (ksize, ksize))), "f")

    def spread(x):
        ways = [F.deconvolution_2d(x[:, i : i + 1], ones, None, ksize, pad) for i in range(3)]
        return F.concat(ways)

    close(
        differentiated(lambda x: F.unpooling_2d(x, ksize, pad=pad, cover_all=False), x),
        differentiated(spread, x),
    )


def test_cells_of_samples_that_have_ended_stay():
    rng = np.random.RandomState(0)
    c, x = rng.randn(4, 3).astype("f"), rng.randn(2, 12).astype("f")
    whole = np.vstack((x, np.zeros((2, 12), "f")))
    shorter, longer = F.lstm(c, x), F.lstm(c, whole)
    close([shorter[0].array[:2], shorter[1].array], [longer[0].array[:2], longer[1].array[:2]])
    np.testing.assert_array_equal(shorter[0].array[2:], c[2:])


def test_one_convolution_after_another_with_other_arguments():
    x = np.random.RandomState(0).randn(1, 2, 6, 6).astype("f")
    W = np.random.RandomState(1).randn(2, 2, 3, 3).astype("f")
    shapes = [
        F.convolution_2d(x, W, stride=stride, pad=pad, cover_all=cover_all, dilate=dilate).shape[2]
        for stride, pad, cover_all, dilate in (
            (1, 0, False, 1), (2, 0, False, 1), (2, 0, True, 1), ([1, 1], (1, 1), False, 1),
            (1, 0, False, 2),
        )
    ]  # fmt: skip
    assert shapes == [4, 2, 3, 6, 2]


@pytest.mark.parametrize("lengths", [(3, 3), (4, 2, 2, 1), (5,), (2, 0), (3, 1, 0, 0), (0,)])
def test_sequences_of_few_lengths(lengths):
    rng = np.random.RandomState(0)
    xs = [Variable(rng.rand(n, 2).astype("f")) for n in lengths]
    steps = F.transpose_sequence(xs)
    assert len(steps) == lengths[0]
    for i, step in enumerate(steps):
        expected = np.stack([x.array[i] for x in xs if i < len(x)])
        np.testing.assert_array_equal(step.array, expected)
        step.grad = expected + i
        step.backward()
    for x in xs:
        if len(x):
            np.testing.assert_array_equal(x.grad, x.array + np.arange(len(x), dtype="f")[:, None])


def test_a_step_of_sequences_without_graph_is_written_in_place():
    with no_backprop_mode():
        steps = F.transpose_sequence([Variable(np.zeros((2, 3), "f"))])
    steps[0].array[...] = 1
    assert steps[0].array.all()
    assert not steps[1].array.any()


@pytest.mark.parametrize("shape", [(), (3,), (3, 2), (3, 2, 4)])
def test_slopes_of_any_number_of_axes(shape):
    rng = np.random.RandomState(0)
    x, W = rng.randn(5, 3, 2, 4).astype("f"), np.asarray(rng.rand(*shape), "f")
    whole = np.broadcast_to(W.reshape(shape + (1,) * (3 - len(shape))), (3, 2, 4)).copy()
    value, gradient, slope = differentiated(F.prelu, x, W)
    expected, general, each = differentiated(F.prelu, x, whole)
    close([value, gradient], [expected, general])
    axes = tuple(range(len(shape), 3))
    np.testing.assert_allclose(slope, each.sum(axes), rtol=1e-5)


@pytest.mark.parametrize("dtype", ["e", "f", "d"])
def test_slopes_begin_below_zero(dtype):
    least = np.finfo(dtype).smallest_subnormal
    x = Variable(np.array([[-np.inf, -1, -least, 0, least, 1, np.inf]], dtype))
    W = Variable(np.array(-3, dtype))
    y = F.prelu(x, W)
    y.grad = np.ones_like(y.array)
    y.backward()
    np.testing.assert_array_equal(y.array, np.where(x.array < 0, -3 * x.array, x.array))
    np.testing.assert_array_equal(x.grad, np.where(x.array < 0, -3, 1))
    assert W.grad == -np.inf
