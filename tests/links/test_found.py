"""What the search against the original found: order of draws, dtypes, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from catenary import functions as F
from catenary import links as L
from catenary import mixed16
from catenary.config import using_config
from catenary.utils.type_check import InvalidType
from catenary.utils.walker_alias import WalkerAlias


def f(*shape):
    return np.random.RandomState(0).normal(size=shape).astype("f")


class Counting:
    """An initializer that fills with the number of its call."""

    dtype = None

    def __init__(self):
        self.calls = 0

    def __call__(self, array):
        self.calls += 1
        array[...] = self.calls


def firsts(*params):
    return [param.array.flat[0] for param in params]


# ---- draws
def test_boxes_are_filled_as_in_float64():
    sampler = WalkerAlias([3, 5, 4, 3, 5])
    assert sampler.values.tolist() == [0, 2, 3, 1, 2, 4, 1, 0, 4, 0]


def test_gates_that_wait_for_a_length_are_drawn_in_the_originals_order():
    for kind in (L.GRU, L.StatefulGRU):
        link = kind(None, 2, init=Counting())
        link(f(1, 3))
        link(f(1, 3))
        assert firsts(link["W_z"].W, link["W"].W, link["W_r"].W) == [1, 2, 3]
    link = L.StatelessGRU(None, 2, init=Counting())
    link(f(1, 2), f(1, 3))
    assert firsts(link["W_r"].W, link["W_z"].W, link["W"].W) == [1, 2, 3]


def test_stateless_units_begin_with_zeros():
    link = L.StatelessGRU(3, 2, bias_init=0)
    zeros, none = link(np.zeros((1, 2), "f"), f(1, 3)), link(None, f(1, 3))
    np.testing.assert_allclose(zeros.array, none.array, rtol=1e-6)


def test_a_bias_that_waits_is_drawn_after_the_filters():
    count = Counting()
    link = L.DeformableConvolution2D(
        None, 3, 2, deform_initialW=count, deform_initial_bias=count
    ).deform_conv
    assert not link.b.is_initialized
    link(f(1, 2, 4, 4), np.zeros((1, 8, 3, 3), "f"))
    assert firsts(link.W, link.b) == [1, 2]


@pytest.mark.parametrize("link", [L.NStepLSTM, L.NStepGRU, L.NStepBiRNNTanh])
def test_dropout_of_nothing_draws_too(link):
    rnn = link(3, 2, 4, 0.0)
    states = [None] * rnn.n_cells
    np.random.seed(0)
    rnn(*states, [f(5, 2), f(2, 2)])
    after = np.random.rand()
    np.random.seed(0)
    np.random.rand(2 * rnn.direction * 7 * 4 * rnn.direction)
    assert np.random.rand() == after
    rnn.dropout = 1.0
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        rnn(*states, [f(5, 2)])


# ---- dtypes
@pytest.mark.parametrize("dtype", ["int32", "float64", "float16"])
def test_arrays_take_the_dtype_of_the_parameters(dtype):
    x = np.arange(6, dtype=dtype).reshape(2, 3)
    np.testing.assert_array_equal(L.Bias(1, (3,))(x).array, x.astype("f"))
    y = L.Scale(1, (3,), bias_term=True)(x)
    assert y.dtype == np.float32
    np.testing.assert_array_equal(y.array, x.astype("f"))


def test_normalization_in_mixed_precision():
    with using_config("dtype", mixed16):
        group, inception = L.GroupNormalization(2, 4), L.InceptionBN(2, 0, 1, 1, 1, 1, "max")
        assert group.gamma.dtype == group.beta.dtype == np.float32
        assert group(f(2, 4, 3).astype("e")).dtype == np.float16
        assert inception.conv3n.gamma.dtype == np.float16
    values = np.float64([1, 2, 3, 4])
    assert L.GroupNormalization(2, 4, initial_gamma=values).gamma.dtype == np.float32
    assert values.dtype == np.float64


# ---- refusals
T = np.zeros(2, "i")
UNFIT = {
    "complex numbers": lambda: L.EmbedID(3, 2)(np.zeros(2, "F")),
    "labels that are no integers": lambda: L.BlackOut(3, [1, 2], 1)(f(2, 3), T.astype("f")),
    "no batch of labels": lambda: L.NegativeSampling(3, [1, 2], 1)(f(2, 3), T[0]),
    "vectors of another length": lambda: L.NegativeSampling(1, [1, 2], 1)(f(2, 3), T),
    "a state of integers": lambda: L.NStepLSTM(1, 2, 2, 0)(
        None, np.zeros((1, 1, 2), "i"), [f(3, 2)]
    ),
    "channels beyond gamma": lambda: L.GroupNormalization(2, 4)(f(2, 5, 3)),
    "no channels": lambda: L.GroupNormalization(2, 4)(f(2)),
    "no batch": lambda: L.Bilinear(1, 3, 2)(f(4), f(4, 3)),
    "no width": lambda: L.Inception(2, 1, 1, 1, 1, 1, 1)(f(1, 2, 5)),
}


@pytest.mark.parametrize("what", UNFIT)
def test_what_does_not_fit_is_refused(what):
    with pytest.raises(InvalidType):
        UNFIT[what]()


def test_an_axis_to_average_over_must_be_there():
    link = L.BatchNormalization(axis=(0, 2))
    link(f(4, 2, 3))
    with using_config("train", False), pytest.raises(InvalidType, match=r"axes \(0, 2\)"):
        link(f(4, 2))
    with pytest.raises(InvalidType, match=r"axes \(0, 2\)"):
        F.batch_normalization(f(4, 2), f(2), f(2), axis=(0, 2))


def test_filters_need_their_size():
    for kind in (L.Convolution1D, L.Convolution3D, L.Deconvolution1D, L.Deconvolution3D):
        with pytest.raises(TypeError, match="'ksize'"):
            kind(2, 3)
        with pytest.raises(TypeError, match="ndim"):
            kind(2, 3, 1, ndim=2)
